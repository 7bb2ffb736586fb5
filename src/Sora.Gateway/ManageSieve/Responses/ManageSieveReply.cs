using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Sora.Contracts;
using Sora.Gateway.ManageSieve.Wire;

namespace Sora.Gateway.ManageSieve.Responses;

/// <summary>How a command ended.</summary>
internal enum ReplyStatus : byte
{
    Ok,
    No,
    Bye,
}

/// <summary>The response that ends a command (RFC 5804 section 1.2): status, response code, text.</summary>
/// <param name="Status">OK, NO or BYE.</param>
/// <param name="Text">What a person may read; null for none.</param>
/// <param name="Code">A response code of section 1.3; null for none.</param>
/// <param name="CodeArgument">The string behind the code; null for none.</param>
internal readonly record struct ManageSieveReply(ReplyStatus Status, string? Text, string? Code = null, byte[]? CodeArgument = null)
{
    public static ManageSieveReply Ok(string text) => new(ReplyStatus.Ok, text);

    public static ManageSieveReply No(string text, string? code = null) => new(ReplyStatus.No, text, code);

    public static ManageSieveReply No(MailError error) => No(error.Text, ResponseCode.Of(error.Code));

    public static ManageSieveReply Bye(string text, string? code = null) => new(ReplyStatus.Bye, text, code);

    /// <summary>OK, or NO with the error.</summary>
    public static ManageSieveReply Of(MailResult<Done> result, string text) => result.IsOk ? Ok(text) : No(result.Error);

    public void Write(PipeWriter output)
    {
        output.Write(Status switch
        {
            ReplyStatus.Ok => "OK"u8,
            ReplyStatus.No => "NO"u8,
            _ => "BYE"u8,
        });
        if (Code is not null)
        {
            output.Write(" ("u8);
            output.Write(Encoding.ASCII.GetBytes(Code));
            if (CodeArgument is not null)
            {
                output.Write(" "u8);
                output.String(CodeArgument);
            }

            output.Write(")"u8);
        }

        if (Text is not null)
        {
            output.Write(" "u8);
            output.String(Text);
        }

        output.Crlf();
    }
}
