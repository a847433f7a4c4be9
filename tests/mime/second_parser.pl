# Reads messages (length as four bytes, big-endian, then the bytes) and answers each with one line
# of JSON: what Email::MIME makes of it. Leaves are in the order of the message.
use strict;
use warnings;
use Email::MIME;
use Email::MIME::ContentType qw(parse_content_disposition);
use Email::MIME::Header::AddressList;
use JSON::PP;
use MIME::Base64 qw(encode_base64);

my $json = JSON::PP->new->utf8->canonical;
binmode STDIN;
binmode STDOUT;
$| = 1;

sub people {
    my ($mail, $name) = @_;
    return [] unless defined $mail->header_raw($name);
    no warnings;    # the module warns of itself
    local $SIG{__WARN__} = sub { };
    my $list = $mail->header_as_obj($name, 'Email::MIME::Header::AddressList') or return [];
    return [map { [$_->phrase // '', $_->address] } $list->addresses];
}

sub leaves {
    my ($part) = @_;
    my @inside = $part->subparts;
    return map { leaves($_) } @inside if @inside && $part->content_type =~ m{^multipart/}i;
    my ($kind) = ($part->content_type // 'text/plain') =~ m{^\s*([^;\s]+)};
    my ($how) = ($part->header_raw('Content-Disposition') // '') =~ m{^\s*([^;\s]*)};
    # Not $part->filename, for which a file named "0" has no name.
    my $said = parse_content_disposition($part->header_raw('Content-Disposition') // '');
    my $id = $part->header_raw('Content-ID') // '';
    $id =~ s/^<|>$//g;
    return {
        kind => lc $kind, how => $how // '', id => $id, name => $said->{attributes}{filename} // '',
        body => encode_base64($part->body, ''),
        text => $kind =~ m{^text/}i && !$how ? $part->body_str : undef,
    };
}

while (read(STDIN, my $length, 4) == 4) {
    read(STDIN, my $raw, unpack('N', $length));
    my $answer = eval {
        my $mail = Email::MIME->new($raw);
        my %people = map { $_ => people($mail, $_) } qw(From To Cc Bcc Reply-To);
        {
            names => [$mail->header_names], subject => $mail->header_str('Subject') // '',
            extra => $mail->header_str('X-Extra') // '', people => \%people,
            count => scalar(() = $mail->header_raw_pairs) / 2, leaves => [leaves($mail)],
        };
    };
    print $json->encode($answer // { died => "$@" }), "\n";
}
