using System.Globalization;
using System.Text;
using Sora.Contracts;

namespace Sora.Relay.Smtp;

/// <summary>The commands MAIL and RCPT for a server with certain capabilities.</summary>
internal sealed class SmtpEnvelope(RelayWork work, string sender, SmtpCapabilities capabilities, bool hidesSender, DateTimeOffset now)
{
    /// <summary>RFC 6531 section 3.4: the message or an address of it needs SMTPUTF8.</summary>
    private bool _isInternational = work.Content.HasFlag(RelayContent.EightBitHeader);

    /// <summary>Why no recipient may be tried with this server, ever; null when nothing speaks against it.</summary>
    public RelayReply? Refusal()
    {
        if (capabilities.MaxSize > 0 && work.Size > capabilities.MaxSize)
            return Refused("5.3.4", $"The message has {work.Size} bytes and the host takes {capabilities.MaxSize}"); // RFC 1870 section 6.1
        if (Convert(hidesSender ? "" : sender) is null)
            return Refused("5.6.7", "The sender's address needs SMTPUTF8, which the host does not offer"); // RFC 6531 section 3.5
        if (work.DeliverBy is { IsReturn: true } by)
        {
            if (!capabilities.DeliverBy)
                return Refused("5.3.3", "The host does not offer DELIVERBY, which the sender insists on");
            if ((by.Time - now).TotalSeconds < Math.Max(1, capabilities.MinDeliverBy))
                return Refused("5.4.7", "The host cannot deliver in the time that the sender set");
        }

        return null;
    }

    /// <summary>Why this recipient cannot be named to this server; null when it can.</summary>
    public RelayReply? Refusal(RelayTarget recipient)
    {
        if (Convert(recipient.Recipient.Address) is not { } address)
            return Refused("5.6.7", "The recipient's address needs SMTPUTF8, which the host does not offer");
        _isInternational |= !Ascii.IsValid(address);
        return null;
    }

    public string Mail()
    {
        var command = new StringBuilder("MAIL FROM:<").Append(Convert(hidesSender ? "" : sender)).Append('>');

        // Quoted-printable has another size, which nobody knows before it is written
        if (capabilities.Size && (capabilities.EightBitMime || !work.Content.HasFlag(RelayContent.EightBitBody)))
            command.Append(CultureInfo.InvariantCulture, $" SIZE={work.Size}");
        if (capabilities.EightBitMime && work.Content != RelayContent.SevenBit)
            command.Append(" BODY=8BITMIME");
        if (capabilities.SmtpUtf8 && (_isInternational || !Ascii.IsValid(sender)))
            command.Append(" SMTPUTF8");

        // RFC 3461 section 6.1: a report asks for no report
        if (capabilities.Dsn && sender.Length > 0)
        {
            if (work.Return is { } ret)
                command.Append(" RET=").Append(ret);
            if (work.EnvelopeId is { } id)
                command.Append(" ENVID=").Append(id);
        }

        if (capabilities.DeliverBy && work.DeliverBy is { } by)
        {
            var seconds = Math.Clamp((long)(by.Time - now).TotalSeconds, -999_999_999, 999_999_999);
            command.Append(CultureInfo.InvariantCulture, $" BY={seconds};{(by.IsReturn ? 'R' : 'N')}{(by.IsTrace ? "T" : "")}");
        }

        return command.ToString();
    }

    public string Recipient(RelayTarget target)
    {
        var command = new StringBuilder("RCPT TO:<").Append(Convert(target.Recipient.Address)).Append('>');
        if (!capabilities.Dsn)
            return command.ToString();
        if (target.Recipient.Notify is { } notify)
            command.Append(" NOTIFY=").Append(notify);
        if (target.Recipient.OriginalRecipient is { } original)
            command.Append(" ORCPT=").Append(capabilities.SmtpUtf8 ? original : Escape(original));
        return command.ToString();
    }

    /// <summary>The address as this server may see it: a domain has a form in ASCII, a local part has none.</summary>
    private string? Convert(string address)
    {
        if (capabilities.SmtpUtf8 || Ascii.IsValid(address))
            return address;
        var at = address.LastIndexOf('@');
        if (!Ascii.IsValid(address.AsSpan(0, at)))
            return null;
        try
        {
            return string.Concat(address.AsSpan(0, at + 1), new IdnMapping().GetAscii(address, at + 1));
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    // RFC 6533 section 3: utf-8-addr-xtext
    private static string Escape(string original)
    {
        if (Ascii.IsValid(original))
            return original;
        var text = new StringBuilder();
        foreach (var rune in original.EnumerateRunes())
            _ = rune.IsAscii ? text.Append((char)rune.Value) : text.Append(CultureInfo.InvariantCulture, $"\\x{{{rune.Value:X}}}");
        return text.ToString();
    }

    private static RelayReply Refused(string status, string text) => new(0, status, text);
}
