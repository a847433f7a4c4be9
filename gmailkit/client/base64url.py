"""Where base64url was; it lives in `wire`, which decodes it while it arrives."""

from gmailkit.wire.base64url import decode as decode
from gmailkit.wire.base64url import encode as encode
