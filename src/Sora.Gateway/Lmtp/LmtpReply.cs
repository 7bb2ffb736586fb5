using System.Globalization;
using System.Text;

namespace Sora.Gateway.Lmtp;

/// <summary>A reply of one line: code, enhanced status code (RFC 2034, RFC 3463) and text, as the bytes that are sent.</summary>
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
    public static readonly LmtpReply NotTrusted = new(554, "5.7.1", "Access denied");

    /// <param name="enhanced">Null for the replies that have none (RFC 2034 section 3): greeting, LHLO, 354.</param>
    /// <param name="text">Anything outside printable ASCII is shown as a question mark.</param>
    public LmtpReply(int code, string? enhanced, string text)
    {
        Code = code;
        var line = new StringBuilder(text.Length + 16).Append(CultureInfo.InvariantCulture, $"{code} ");
        if (enhanced is not null)
            line.Append(enhanced).Append(' ');
        foreach (var c in text.AsSpan(0, Math.Min(text.Length, 400)))
            line.Append(c is >= ' ' and <= '~' ? c : '?');
        Line = Encoding.ASCII.GetBytes(line.Append("\r\n").ToString());
    }

    public int Code { get; }

    /// <summary>The whole line with CRLF.</summary>
    public byte[] Line { get; }

    public bool IsPositive => Code < 400;

    /// <summary>The client broke the protocol, which is not the same as an address that is not known.</summary>
    public bool IsProtocolError => Code is (>= 500 and <= 504) or 555;
}
