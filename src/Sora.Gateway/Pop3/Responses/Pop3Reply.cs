using System.Buffers;
using System.IO.Pipelines;
using Sora.Contracts;
using Sora.Gateway.Pop3.Wire;

namespace Sora.Gateway.Pop3.Responses;

/// <summary>The first line of an answer (RFC 1939 section 3), with a response code where one fits (RFC 2449 section 8).</summary>
internal readonly record struct Pop3Reply(bool IsOk, string Text, string? Code = null)
{
    public static Pop3Reply Ok(string text = "") => new(true, text);

    public static Pop3Reply Error(string text, string? code = null) => new(false, text, code);

    /// <summary>What an outcome of the store is for a POP3 client.</summary>
    public static Pop3Reply Error(MailError error) => Error(error.Text, error.Code switch
    {
        MailErrorCode.InUse => ResponseCode.InUse,
        MailErrorCode.Unavailable => ResponseCode.SysTemp,
        MailErrorCode.AuthenticationFailed or MailErrorCode.AuthorizationFailed or MailErrorCode.Expired or MailErrorCode.ContactAdmin => ResponseCode.Auth,
        _ => ResponseCode.SysPerm,
    });

    public void Write(PipeWriter output)
    {
        output.Write(IsOk ? "+OK"u8 : "-ERR"u8);
        if (Code is not null)
        {
            output.Write(" ["u8);
            output.Text(Code);
            output.Write("]"u8);
        }

        if (Text.Length > 0)
        {
            output.Write(" "u8);
            output.Text(Text);
        }

        output.Write("\r\n"u8);
    }
}
