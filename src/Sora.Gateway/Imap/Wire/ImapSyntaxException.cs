using Sora.Contracts;

namespace Sora.Gateway.Imap.Wire;

/// <summary>A command that cannot be parsed: BAD, or NO with a code where the syntax is right and the value is not.</summary>
internal sealed class ImapSyntaxException : Exception
{
    public ImapSyntaxException(string message)
        : base(message)
    {
    }

    public ImapSyntaxException(MailError error)
        : base(error.Text) => Refusal = error;

    /// <summary>When set, the answer is NO with this error.</summary>
    public MailError? Refusal { get; }
}
