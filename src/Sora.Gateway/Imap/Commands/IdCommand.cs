using System.Net;
using System.Text;
using Sora.Gateway.Connections;
using Sora.Gateway.Connections.Proxying;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>
/// ID (RFC 2971). What the client says of itself decides which of the operator's filters apply to it. Trusted proxies name the client for which they speak, before
/// login, in fields as Dovecot's proxies send them; from others these fields mean nothing.
/// </summary>
internal sealed class IdCommand(string? name, string? version, ForwardedClient? forwarded = null) : ImapCommand
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
        ForwardedClient? forwarded = null;
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
            else if (field.Length > 2 && Ascii.EqualsIgnoreCase(field.AsSpan(0, 2), "x-"u8) && value is not null)
                forwarded = Forwarded(forwarded, Encoding.ASCII.GetString(field), value);
        }

        return name is null && version is null && forwarded is null ? Instance : new IdCommand(name, version, forwarded);
    }

    public override ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        var options = connection.Server.Options;
        var writer = connection.Writer;
        var any = false;
        if (forwarded is not null && Forward(connection, forwarded) is { } refusal)
            return new(refusal);
        Filter(connection);
        writer.Raw("* ID "u8);
        Write("name", options.IdName);
        Write("version", options.IdVersion);
        Write("vendor", options.IdVendor);
        Write("support-url", options.IdSupportUrl);
        Write("remote-host", options.IdRemoteHost ? connection.Client.Remote.Address.ToString() : "");
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

    // A malformed value is kept as what no address is, for it matters only when a trusted proxy has sent it
    private static ForwardedClient? Forwarded(ForwardedClient? client, string field, byte[] value)
    {
        var text = Encoding.Latin1.GetString(value);
        var known = client ?? new ForwardedClient();
        return field.ToUpperInvariant() switch
        {
            "X-ORIGINATING-IP" => known with { Address = ForwardedText.Address(text) ?? IPAddress.None },
            "X-ORIGINATING-PORT" => known with { Port = ForwardedText.Port(text) ?? -1 },
            "X-CONNECTED-IP" => known with { Destination = ForwardedText.Address(text) ?? IPAddress.None },
            "X-CONNECTED-PORT" => known with { DestinationPort = ForwardedText.Port(text) ?? -1 },
            "X-SESSION-ID" => known with { Session = ForwardedText.Session(text) },
            "X-CLIENT-TRANSPORT" => known with { IsTls = ForwardedText.IsTls(text) },
            "X-PROXY-TTL" => known with { IsLoop = text is "0" },
            _ => client,
        };
    }

    private static ImapReply? Forward(ImapConnection connection, ForwardedClient forwarded)
    {
        var client = connection.Client;
        if (!client.IsTrusted || client.User is not null)
            return null;
        if (IPAddress.None.Equals(forwarded.Address) || IPAddress.None.Equals(forwarded.Destination) || forwarded.Port < 0 || forwarded.DestinationPort < 0)
            return ImapReply.Bad("An address or a port of the client is malformed");
        if (forwarded.IsLoop)
            return ImapReply.No("Too many proxies: is there a loop?");
        var couldAuthenticate = connection.MayAuthenticate;
        if (client.Forward(forwarded) is { } refusal)
        {
            connection.Bye(refusal.Text);
            return ImapReply.Answered;
        }

        if (connection.MayAuthenticate != couldAuthenticate)
            TellCapabilities(connection);
        return null;
    }

    private static void TellCapabilities(ImapConnection connection)
    {
        connection.Writer.Raw("* CAPABILITY "u8);
        connection.Writer.Raw(Capabilities.For(connection));
        connection.Writer.Crlf();
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

        if (hidden.Count > 0)
            TellCapabilities(connection);
    }

    private static string? Text(byte[]? value) => value is null ? null : Encoding.UTF8.GetString(value);
}
