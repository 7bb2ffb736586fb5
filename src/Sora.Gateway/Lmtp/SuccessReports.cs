using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Sora.Contracts;
using Sora.Gateway.Sieve;
using Sora.Gateway.Sieve.Outgoing;
using Sora.Mime;

namespace Sora.Gateway.Lmtp;

/// <summary>Action of RFC 3464 section 2.3.3, as far as a server that delivers at once has something to say.</summary>
internal enum DeliveryAction
{
    /// <summary>In the recipient's mailboxes, or wherever else the recipient's scripts want it.</summary>
    Delivered,

    /// <summary>A script has sent it on, and nobody says of the next host that it will report.</summary>
    Relayed,

    /// <summary>After the time that BY of RFC 2852 set.</summary>
    Delayed,
}

/// <summary>
/// Tells senders who asked for it that their messages were delivered (RFC 3461 section 5.2.3): a client to which DSN was announced leaves that to this server. Of failures the client
/// hears at once, and reports itself.
/// </summary>
/// <param name="relay">Takes the reports.</param>
/// <param name="from">Address that they come from; null for MAILER-DAEMON of this host.</param>
/// <param name="remembers">delivery.suppress_duplicates: a message that is delivered again is reported once.</param>
public sealed class SuccessReports(IRelay relay, string? from, bool remembers)
{
    /// <summary>Queues what a recipient's sender is to hear. A message that is acknowledged is reported: the queue has the report before the client has the answer.</summary>
    internal async ValueTask SendAsync(
        LmtpServer server, LmtpTransaction transaction, IngestedMessage message, DeliveryRecipient recipient, DeliveryAction action, CancellationToken cancellationToken)
    {
        if (transaction.ReversePath.Length == 0 || !IsWanted(recipient.Parameters?.Notify, action))
            return;
        var report = Make(server.HostName, transaction, message, recipient, action, server.Time.GetUtcNow());
        var operation = new OperationKeys(message, remembers).Of(default, RelayKind.Report, $"{action}\n{recipient.ForwardPath}\n{transaction.ReversePath}");
        var status = await relay.EnqueueAsync(
            new RelayRequest(operation, default, RelayKind.Report, "", [new RelayRecipient(transaction.ReversePath, "NEVER")], report), cancellationToken);
        if (status is not (RelayStatus.Queued or RelayStatus.AlreadyQueued))
            Log.NotReported(server.Logger, transaction.ReversePath, recipient.ForwardPath, status);
    }

    // RFC 3461 section 4.1; a delay is reported as well when nothing was said (RFC 2852 section 4)
    private static bool IsWanted(string? notify, DeliveryAction action) => action == DeliveryAction.Delayed
        ? notify is null || notify.Split(',').Contains("DELAY", StringComparer.Ordinal)
        : notify is not null && notify.Split(',').Contains("SUCCESS", StringComparer.Ordinal);

    private byte[] Make(string hostName, LmtpTransaction transaction, IngestedMessage message, DeliveryRecipient recipient, DeliveryAction action, DateTimeOffset time)
    {
        var sender = transaction.ReversePath;
        var header = message.Header.Span;
        var address = recipient.ForwardPath.Contains('@', StringComparison.Ordinal) ? recipient.ForwardPath : recipient.DeliveredTo;
        var original = recipient.Parameters?.OriginalRecipient;

        // RFC 6533 section 3: addresses that are not ASCII have a type and a form of their own
        var isGlobal = !Ascii.IsValid(address) || !Ascii.IsValid(sender) || (original is not null && !Ascii.IsValid(original));
        var isEightBit = !Ascii.IsValid(header);
        var boundary = "=_" + RandomNumberGenerator.GetHexString(24, lowercase: true);
        var status = new StringBuilder();
        status.Append(CultureInfo.InvariantCulture, $"\r\n--{boundary}\r\nContent-Type: message/{(isGlobal ? "global-" : "")}delivery-status\r\n{EightBit(isGlobal)}\r\n");
        if (transaction.Parameters?.EnvelopeId is { } id)
            status.Append(CultureInfo.InvariantCulture, $"Original-Envelope-Id: {id}\r\n");
        status.Append(CultureInfo.InvariantCulture, $"Reporting-MTA: {(hostName.Contains('.', StringComparison.Ordinal) || hostName.StartsWith('[') ? "dns" : "x-local-hostname")}; {hostName}\r\n");
        status.Append(CultureInfo.InvariantCulture, $"Arrival-Date: {Sora.Sieve.Runtime.DatePart.Get("std11", time)}\r\n\r\n");
        if (original is not null)
            status.Append(CultureInfo.InvariantCulture, $"Original-Recipient: {original}\r\n");
        status.Append(CultureInfo.InvariantCulture, $"Final-Recipient: {(Ascii.IsValid(address) ? "rfc822" : "utf-8")}; {address}\r\n");
        status.Append(CultureInfo.InvariantCulture, $"Action: {action.ToString().ToLowerInvariant()}\r\nStatus: {(action == DeliveryAction.Delayed ? "4.4.7" : "2.0.0")}\r\n");

        // RFC 3461 section 6.2: of a message that did not fail only the header is returned, whatever RET says
        status.Append(CultureInfo.InvariantCulture, $"\r\n--{boundary}\r\nContent-Type: {(isEightBit && System.Text.Unicode.Utf8.IsValid(header) ? "message/global-headers" : "text/rfc822-headers")}\r\n{EightBit(isEightBit)}\r\n");
        return new OutgoingHeader()
            .Addresses("From", $"Mail Delivery System <{from ?? "MAILER-DAEMON@" + hostName}>")
            .Addresses("To", $"<{sender}>")
            .Text("Subject", Subject(action))
            .Date(time)
            .Raw($"Message-ID: <{Guid.NewGuid():N}.report@{hostName.Trim('[', ']')}>\r\n")
            .InReferenceTo(header)
            .Raw("Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n")
            .Raw($"Content-Type: multipart/report; report-type={(isGlobal ? "global-" : "")}delivery-status;\r\n\tboundary=\"{boundary}\"\r\n{EightBit(isGlobal || isEightBit)}\r\n--{boundary}\r\n")
            .Raw(OutgoingHeader.TextEntity($"This is the mail system at {hostName}.\r\n\r\n{Words(action)}\r\n<{address}>\r\n"))
            .Raw(status.ToString())
            .Raw(header.TrimEnd("\r\n"u8))
            .With(Encoding.ASCII.GetBytes($"\r\n\r\n--{boundary}--\r\n"));
    }

    private static string EightBit(bool isEightBit) => isEightBit ? "Content-Transfer-Encoding: 8bit\r\n" : "";

    private static string Subject(DeliveryAction action) => action switch
    {
        DeliveryAction.Delivered => "Your message was delivered",
        DeliveryAction.Relayed => "Your message was sent on",
        _ => "Your message was late",
    };

    private static string Words(DeliveryAction action) => action switch
    {
        DeliveryAction.Delivered => "Your message was delivered to this address:",
        DeliveryAction.Relayed => "The recipient at this address has your message sent on to a system that may not report of its delivery:",
        _ => "The time that was set for your message was over before it was delivered to this address:",
    };
}
