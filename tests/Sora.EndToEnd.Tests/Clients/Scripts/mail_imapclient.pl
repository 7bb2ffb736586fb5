# What Perl's Mail::IMAPClient does in a session. Arguments: LMTP, IMAP and IMAPS port, two users, their password.
use strict;
use warnings;
use Mail::IMAPClient;

my ($lmtp_port, $imap_port, $imaps_port, $user, $other, $password) = @ARGV;

sub must {
    my ($what, $value) = @_;
    die "$what failed\n" unless defined $value && $value;
    return $value;
}

my $imap = Mail::IMAPClient->new(
    Server => '127.0.0.1', Port => $imap_port, User => $user, Password => $password, Uid => 1, Peek => 1,
) or die "connect: $@\n";
must('authenticated', $imap->IsAuthenticated);
my @folders = must('folders', scalar $imap->folders) ? $imap->folders : ();
for my $name (qw(INBOX Sent Drafts Archive Junk Trash)) {
    die "no $name in @folders\n" unless grep { $_ eq $name } @folders;
}

must('create', $imap->create('Perl/Box'));
must('exists', $imap->exists('Perl/Box'));
must('select', $imap->select('Perl/Box'));
my $text = "From: a\@example.org\r\nTo: b\@example.com\r\nSubject: perl\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\n"
    . "Message-ID: <perl\@example.org>\r\n\r\nthe text\r\n";
my $uid = must('append', $imap->append_string('Perl/Box', $text, '\\Seen', '01-Jan-2025 00:00:00 +0000'));
die "append gave $uid\n" unless $uid =~ /^[0-9]+$/;
must('second append', $imap->append('Perl/Box', $text));
must('noop', $imap->noop);
die 'messages ' . $imap->message_count('Perl/Box') . "\n" unless $imap->message_count('Perl/Box') == 2;
my @all = $imap->messages;
die "messages @all\n" unless @all == 2 && $all[0] == $uid;
die "text came back changed\n" unless $imap->message_string($uid) eq $text;
die "body\n" unless $imap->body_string($uid) =~ /^the text/;
die "subject\n" unless $imap->subject($uid) eq 'perl';
die "size\n" unless $imap->size($uid) == length $text;
die "seen\n" unless join(',', $imap->seen) eq $uid;
die "unseen\n" unless $imap->unseen_count == 1;
my $hash = must('fetch_hash', scalar $imap->fetch_hash('RFC822.SIZE', 'FLAGS', 'INTERNALDATE'));
die "fetch_hash\n" unless $hash->{$uid}{'RFC822.SIZE'} == length $text;
my $structure = must('bodystructure', scalar $imap->get_bodystructure($uid));
die 'type ' . $structure->bodytype . "\n" unless lc $structure->bodytype eq 'text';
my $envelope = must('envelope', scalar $imap->get_envelope($uid));
die "envelope\n" unless $envelope->subject eq 'perl';
my $headers = must('headers', scalar $imap->parse_headers($uid, 'Subject', 'Message-Id'));
die "parse_headers\n" unless $headers->{Subject}[0] eq 'perl';
my @found = $imap->search('SUBJECT', 'perl', 'SEEN');
die "search @found\n" unless "@found" eq $uid;
must('store', $imap->store($uid, '+FLAGS', '(\\Flagged custom)'));
die "flags\n" unless grep { $_ eq 'custom' } $imap->flags($uid);
must('copy', $imap->copy('Archive', $uid));
must('move', $imap->move('Archive', $all[1]));
must('expunge', $imap->expunge);
die "after the move\n" unless $imap->message_count('Perl/Box') == 1;
must('delete_message', $imap->delete_message($uid));
must('uid expunge', $imap->uidexpunge($uid));
my $idle = must('idle', $imap->idle);
must('done', $imap->done($idle));
must('close', $imap->close);
must('rename', $imap->rename('Perl/Box', 'Perl/Old'));
must('subscribe', $imap->subscribe('Perl/Old'));
must('delete', $imap->delete('Perl/Old'));
must('capability', scalar $imap->capability);
must('logout', $imap->logout);
