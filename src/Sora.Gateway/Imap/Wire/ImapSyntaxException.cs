using Sora.Contracts;
using Sora.Gateway.Imap.Responses;

namespace Sora.Gateway.Imap.Wire;

/// <summary>A command that cannot be parsed: BAD, or NO with a code where the syntax is right and the value is not.</summary>
internal sealed class ImapSyntaxException : Exception
{
    public ImapSyntaxException(string message)
        : base(message)
    {
    }

    public ImapSyntaxException(string message, ResponseCode code)
        : base(message) => Code = code;

    public ImapSyntaxException(MailError error)
        : base(error.Text) => Refusal = error;

    /// <summary>When set, the answer is NO with this error.</summary>
    public MailError? Refusal { get; }

    /// <summary>The code of a BAD answer, if it has one.</summary>
    public ResponseCode? Code { get; }
}
