using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>ID (RFC 2971). What the client says of itself is checked and forgotten.</summary>
internal sealed class IdCommand : ImapCommand
{
    private const int MaxFields = 30;

    private static readonly IdCommand Instance = new();

    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        if (parser.TryKeyword("NIL"u8))
            return Instance;
        parser.Open();
        for (var fields = 0; !parser.TryByte((byte)')'); fields++)
        {
            if (fields == MaxFields)
                throw parser.Error($"at most {MaxFields} fields");
            if (fields > 0)
                parser.Space();
            parser.String();
            parser.Space();
            parser.NString();
        }

        return Instance;
    }

    public override ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        var options = connection.Server.Options;
        var writer = connection.Writer;
        var any = false;
        writer.Raw("* ID "u8);
        Write("name", options.IdName);
        Write("version", options.IdVersion);
        Write("vendor", options.IdVendor);
        Write("support-url", options.IdSupportUrl);
        writer.Raw(any ? ")\r\n"u8 : "NIL\r\n"u8);
        return new(ImapReply.Ok("ID completed"));

        void Write(string field, string value)
        {
            if (value.Length == 0)
                return;
            writer.Raw(any ? " "u8 : "("u8);
            any = true;
            writer.String(field);
            writer.Space();
            writer.String(value);
        }
    }
}
