using System.Text;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>ID (RFC 2971). What the client says of itself decides which of the operator's filters apply to it.</summary>
internal sealed class IdCommand(string? name, string? version) : ImapCommand
{
    private const int MaxFields = 30;

    private static readonly IdCommand Instance = new(null, null);

    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        if (parser.TryKeyword("NIL"u8))
            return Instance;
        parser.Open();
        string? name = null, version = null;
        for (var fields = 0; !parser.TryByte((byte)')'); fields++)
        {
            if (fields == MaxFields)
                throw parser.Error($"at most {MaxFields} fields");
            if (fields > 0)
                parser.Space();
            var field = parser.String();
            parser.Space();
            var value = parser.NString();
            if (Ascii.EqualsIgnoreCase(field, "name"u8))
                name = Text(value);
            else if (Ascii.EqualsIgnoreCase(field, "version"u8))
                version = Text(value);
        }

        return name is null && version is null ? Instance : new IdCommand(name, version);
    }

    public override ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        var options = connection.Server.Options;
        var writer = connection.Writer;
        var any = false;
        Filter(connection);
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

    // A client that asked for the capabilities before it said who it is hears of the change at once.
    private void Filter(ImapConnection connection)
    {
        var hidden = new List<string>();
        var filters = connection.Server.Options.ClientFilters;
        for (var i = 0; i < filters.Count; i++)
        {
            if (!filters[i].Matches(name, version))
                continue;
            var more = filters[i].DisableCaps.Where(capability => !connection.IsDisabled(capability)).ToList();
            if (more.Count == 0)
                continue;
            Log.CapabilitiesHidden(connection.Server.Logger, string.Join(' ', more), filters[i].Reason, connection.Client.Id);
            connection.Disable(more);
            hidden.AddRange(more);
        }

        if (hidden.Count == 0)
            return;
        connection.Writer.Raw("* CAPABILITY "u8);
        connection.Writer.Raw(Capabilities.For(connection));
        connection.Writer.Crlf();
    }

    private static string? Text(byte[]? value) => value is null ? null : Encoding.UTF8.GetString(value);
}
