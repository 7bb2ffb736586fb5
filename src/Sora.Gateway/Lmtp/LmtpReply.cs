using System.Globalization;
using System.Text;
using Sora.Gateway.Connections;

namespace Sora.Gateway.Lmtp;

/// <summary>A reply, nearly always of one line: code, enhanced status code (RFC 2034, RFC 3463) and text, as the bytes that are sent.</summary>
internal sealed class LmtpReply
{
    public static readonly LmtpReply Ok = new(250, "2.0.0", "OK");
    public static readonly LmtpReply SenderOk = new(250, "2.1.0", "Sender OK");
    public static readonly LmtpReply RecipientOk = new(250, "2.1.5", "Recipient OK");
    public static readonly LmtpReply Bye = new(221, "2.0.0", "Bye");
    public static readonly LmtpReply Help = new(214, "2.0.0", "LHLO MAIL RCPT DATA BDAT RSET NOOP VRFY QUIT STARTTLS");
    public static readonly LmtpReply CannotVerify = new(252, "2.1.5", "Send some mail and see");
    public static readonly LmtpReply ReadyForTls = new(220, "2.0.0", "Ready to start TLS");
    public static readonly LmtpReply StartMailInput = new(354, null, "End data with <CR><LF>.<CR><LF>");

    public static readonly LmtpReply ShuttingDown = new(421, "4.3.2", "Server is going down, try again later");
    public static readonly LmtpReply TimedOut = new(421, "4.4.2", "You were silent for too long");
    public static readonly LmtpReply TooManyErrors = new(421, "4.7.0", "Too many errors");
    public static readonly LmtpReply Failure = new(451, "4.3.0", "Temporary failure, try again later");
    public static readonly LmtpReply LookupFailure = new(451, "4.4.3", "Recipient cannot be looked up now, try again later");
    public static readonly LmtpReply TooManyRecipients = new(452, "4.5.3", "Too many recipients");
    public static readonly LmtpReply TlsUnavailable = new(502, "5.5.1", "STARTTLS is not available");

    public static readonly LmtpReply LineTooLong = new(500, "5.5.2", "Line is too long");
    public static readonly LmtpReply Unknown = new(500, "5.5.1", "Command not recognised");
    public static readonly LmtpReply UseLhlo = new(500, "5.5.1", "This is LMTP: say LHLO");
    public static readonly LmtpReply BadArguments = new(501, "5.5.4", "Syntax error in arguments");
    public static readonly LmtpReply BadSender = new(501, "5.1.7", "Syntax error in the reverse-path");
    public static readonly LmtpReply BadRecipient = new(501, "5.1.3", "Syntax error in the forward-path");
    public static readonly LmtpReply BadSequence = new(503, "5.5.1", "Command out of sequence");
    public static readonly LmtpReply NoRecipients = new(503, "5.5.1", "No valid recipients");
    public static readonly LmtpReply BinaryNeedsBdat = new(503, "5.5.1", "BINARYMIME needs BDAT");
    public static readonly LmtpReply UnknownParameter = new(555, "5.5.4", "Parameter not recognised");
    public static readonly LmtpReply NeedsSmtpUtf8 = new(553, "5.6.7", "Address needs SMTPUTF8");
    public static readonly LmtpReply NoSuchUser = new(550, "5.1.1", "No such user here");
    public static readonly LmtpReply BouncesOnly = new(550, "5.7.1", "This address takes reports with a null reverse-path only");
    public static readonly LmtpReply TooBig = new(552, "5.3.4", "Message is too big");
    public static readonly LmtpReply Loop = new(554, "5.4.6", "Message is in a loop");
    public static readonly LmtpReply NotTrustedProxy = new(550, "5.7.0", "Your address may not speak for others here");
    public static readonly LmtpReply TooLate = new(554, "5.4.7", "The time set for the delivery is over");
    public static readonly LmtpReply NotTrusted = new(554, "5.7.1", "Access denied");

    // A line has 512 octets with code and CRLF (RFC 5321 section 4.5.3.1.5)
    private const int MaxText = 400;

    /// <param name="enhanced">Null for the replies that have none (RFC 2034 section 3): greeting, LHLO, 354.</param>
    /// <param name="text">Anything outside printable ASCII is shown as a question mark.</param>
    public LmtpReply(int code, string? enhanced, string text)
        : this(code, enhanced, [text], allowUtf8: false)
    {
    }

    private LmtpReply(int code, string? enhanced, IReadOnlyList<string> lines, bool allowUtf8)
    {
        Code = code;
        var reply = new StringBuilder();
        for (var i = 0; i < lines.Count; i++)
        {
            reply.Append(CultureInfo.InvariantCulture, $"{code}{(i == lines.Count - 1 ? ' ' : '-')}");
            if (enhanced is not null)
                reply.Append(enhanced).Append(' ');
            foreach (var rune in lines[i].AsSpan(0, Math.Min(lines[i].Length, MaxText)).EnumerateRunes())
            {
                var isPlain = rune.Value is >= ' ' and <= '~';
                if (isPlain || (allowUtf8 && !rune.IsAscii && !Rune.IsControl(rune)))
                    reply.Append(rune);
                else
                    reply.Append('?');
            }

            reply.Append("\r\n");
        }

        Line = Encoding.UTF8.GetBytes(reply.ToString());
    }

    /// <summary>A refusal with a text of any number of lines (RFC 5429 section 2.5).</summary>
    /// <param name="maxLines">More are not told.</param>
    /// <param name="allowUtf8">The client takes UTF-8 in replies (RFC 6531 section 3.7.4.2).</param>
    public static LmtpReply Refusal(string reason, int maxLines, bool allowUtf8)
    {
        var lines = new List<string>();
        foreach (var line in reason.ReplaceLineEndings("\n").TrimEnd().Replace('\t', ' ').Split('\n'))
        {
            // In UTF-8 a character has up to four octets
            var most = System.Text.Ascii.IsValid(line) ? MaxText : MaxText / 4;
            for (var rest = line; lines.Count < maxLines; rest = rest[most..])
            {
                if (most < rest.Length && char.IsLowSurrogate(rest[most]))
                    most--;
                lines.Add(rest.Length <= most ? rest : rest[..most]);
                if (rest.Length <= most)
                    break;
            }
        }

        return new LmtpReply(550, "5.7.1", lines, allowUtf8);
    }

    /// <summary>Why a session is not served, or no longer (RFC 5321 section 3.8: 421 also ends one).</summary>
    public static LmtpReply Dismissed(Dismissal reason) =>
        reason == Dismissal.TooSlow ? new(421, "4.4.2", reason.Text)
        : reason.IsTemporary ? new(421, "4.3.2", reason.Text) : new(554, "5.7.1", reason.Text);

    public int Code { get; }

    /// <summary>The whole line with CRLF, or all of them.</summary>
    public byte[] Line { get; }

    public bool IsPositive => Code < 400;

    /// <summary>The client broke the protocol, which is not the same as an address that is not known.</summary>
    public bool IsProtocolError => Code is (>= 500 and <= 504) or 555;
}
