"""What runs at its time by the system's own timer: systemd, launchd or cron.

program.py   how this installation is called, from wherever
job.py       what runs, when, and what happens when it fails
forms.py     a job as units of systemd, a plist of launchd, a line of crontab
install.py   put where the system looks for it, and taken away
backup.py    a backup as such a job
"""
