using System.Text;
using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Gateway.Sieve.Mailboxes;
using Sora.Gateway.Sieve.Outgoing;
using Sora.Mime;
using Sora.Sieve;

namespace Sora.Gateway.Sieve;

/// <summary>What the scripts of one recipient send, given to the relay. Everything is in its queue before the message is stored and acknowledged.</summary>
internal sealed class OutgoingMail(DeliveryScripts scripts, Arrival arrival, ScriptInput input, DeliveryPlan plan, OperationKeys keys)
{
    private readonly HashSet<string> _notified = new(StringComparer.OrdinalIgnoreCase);
    private int _notifications;

    private AccountId Account => input.Account.Id;

    private DateTimeOffset Now => input.Time;

    /// <summary>Copies of what was sent, for mailboxes (RFC 8580).</summary>
    public List<(SieveAction Action, SieveFcc Place, byte[] Message)> Copies { get; } = [];

    /// <summary>A redirect could not be queued for good: the message is to be kept instead, as the script has changed it.</summary>
    public List<SieveNewMessage?> Kept { get; } = [];

    /// <summary>Queues all of the plan.</summary>
    /// <exception cref="ScriptsUnavailableException">Something cannot be queued now, and the message must not go without it.</exception>
    public async ValueTask SendAsync(CancellationToken cancellationToken)
    {
        foreach (var action in plan.Sends)
        {
            switch (action)
            {
                case RedirectAction redirect:
                    await RedirectAsync(redirect, cancellationToken);
                    break;
                case VacationAction vacation:
                    await AnswerAsync(vacation, cancellationToken);
                    break;
                case NotifyAction notify:
                    await NotifyAsync(notify, cancellationToken);
                    break;
                case ReportAction report:
                    await ReportAsync(report, cancellationToken);
                    break;
            }
        }
    }

    /// <summary>Tells the sender why the message is refused (RFC 5429 section 2.2.1); false when that cannot be.</summary>
    public async ValueTask<bool> RefuseAsync(RejectAction reject, CancellationToken cancellationToken)
    {
        var message = RejectMessage.Make(
            reject.Reason, arrival.ReversePath, input.Recipient.PrimaryAddress, input.Envelope.OriginalRecipient, scripts.HostName, arrival.Message.Header.Span,
            NewMessageId(), Now);
        var request = new RelayRequest(
            keys.Of(Account, RelayKind.Report, "reject"), Account, RelayKind.Report, "", [new RelayRecipient(arrival.ReversePath, "NEVER")], message);
        return await EnqueueAsync(request, "reject", reject, cancellationToken);
    }

    private async ValueTask RedirectAsync(RedirectAction redirect, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> prefix;
        RelayReader rest;
        if (redirect.Message is { } changed)
        {
            prefix = (byte[])[.. RedirectedMessage.Fields(DeliveryScripts.Whole(arrival, input, changed)).Span, .. "\r\n"u8];
            rest = changed.Body is { } body ? RedirectedMessage.Body(body) : RedirectedMessage.Body(input.Message, input.Message.Root.BodyStart);
        }
        else
        {
            // The whole message as it came, behind the trace fields
            prefix = RedirectedMessage.Fields(DeliveryRequest.TraceFields(arrival.ReversePath, input.Recipient, arrival.Received.Span));
            rest = RedirectedMessage.Body(input.Message, 0);
        }

        // What a message to a list is called does not depend on who is in it: the same message again goes to nobody, even when members have come since
        IReadOnlyList<string> addresses = redirect.List is null ? [redirect.Address] : redirect.Members;
        var request = new RelayRequest(
            keys.Of(Account, RelayKind.Redirect, redirect.List ?? redirect.Address), Account, RelayKind.Redirect, SenderOf(redirect),
            [.. addresses.Select(address => new RelayRecipient(address, redirect.Notify))], prefix, rest)
        {
            Return = redirect.Ret,
            DeliverBy = redirect.BySeconds is { } seconds ? new RelayDeliverBy(Now.AddSeconds(seconds), redirect.ByMode == 'R', redirect.ByTrace) : null,
        };
        if (!await EnqueueAsync(request, "redirect", redirect, cancellationToken))
            Kept.Add(redirect.Message);
    }

    // A message without a sender must not get one (RFC 5321 section 4.5.5). Who asks for reports gets them: the owner of the script (RFC 6009 section 6.1)
    private string SenderOf(RedirectAction redirect)
    {
        if (arrival.ReversePath.Length == 0)
            return "";
        if (redirect.IsFromOwner)
            return input.Recipient.PrimaryAddress;
        return scripts.Options.RedirectSender switch
        {
            RedirectSender.Recipient => input.Recipient.PrimaryAddress,
            RedirectSender.Null => "",
            _ => arrival.ReversePath,
        };
    }

    private async ValueTask AnswerAsync(VacationAction vacation, CancellationToken cancellationToken)
    {
        var interval = vacation.Interval ?? scripts.Options.VacationInterval;
        if (interval < scripts.Options.MinVacationInterval)
            interval = scripts.Options.MinVacationInterval;

        // Of several messages at once, on any nodes, the one that is noted is answered. It is noted first: an answer too few is better than one too many.
        // When this fails in between, the client delivers the message again, and the note is its own
        var operation = keys.Of(Account, RelayKind.Vacation, $"{vacation.Handle}\n{vacation.Recipient}");
        var isNoted = interval > TimeSpan.Zero;
        if (isNoted && scripts.Planner.Ports.History is { } history)
        {
            var mayAnswer = await history.TryAnswerAsync(Account, vacation.Handle, vacation.Recipient, operation, interval, cancellationToken);
            if (!mayAnswer.IsOk)
                throw new ScriptsUnavailableException(mayAnswer.Error);
            if (!mayAnswer.Value)
                return;
        }

        var isQueued = false;
        try
        {
            var message = VacationMessage.Make(vacation, input.Message.Header.Span, NewMessageId(), Now);
            isQueued = await EnqueueAsync(
                new RelayRequest(operation, Account, RelayKind.Vacation, "", [new RelayRecipient(vacation.Recipient, "NEVER")], message), "vacation", vacation,
                cancellationToken);
            if (isQueued && vacation.Fcc is { } fcc)
                Copies.Add((vacation, fcc, message));
        }
        finally
        {
            if (!isQueued && isNoted && scripts.Planner.Ports.History is { } memory)
                await memory.ForgetAnswerAsync(Account, vacation.Handle, vacation.Recipient, CancellationToken.None);
        }
    }

    private async ValueTask NotifyAsync(NotifyAction notify, CancellationToken cancellationToken)
    {
        // RFC 5436 section 2.7: what a program has sent is not notified of, and nobody twice by one run
        if (!MailtoUri.TryParse(notify.Method, out var uri) || IsAutoSubmitted(arrival.Message.Header.Span))
            return;
        var recipients = new List<RelayRecipient>();
        foreach (var recipient in NotifyMessage.Recipients(uri!))
        {
            if (_notified.Add(recipient))
                recipients.Add(new RelayRecipient(recipient, "NEVER"));
        }

        if (recipients.Count == 0)
            return;
        var own = input.Envelope.To.Contains('@', StringComparison.Ordinal) ? input.Envelope.To : input.Recipient.PrimaryAddress;
        var addresses = await input.Account.AddressesAsync(cancellationToken);
        var isFromValid = notify.From is not null && SieveAddress.TryParse(notify.From, out var spec)
            && (spec.Equals(own, StringComparison.OrdinalIgnoreCase) || addresses.Contains(spec, StringComparer.OrdinalIgnoreCase));
        var from = isFromValid ? notify.From! : own;
        var sender = isFromValid && SieveAddress.TryParse(notify.From!, out var address) ? address : own;
        var message = NotifyMessage.Make(notify, uri!, from, input.Recipient.PrimaryAddress, input.Message.Header.Span, NewMessageId(), Now);
        var request = new RelayRequest(
            keys.Of(Account, RelayKind.Notify, $"{_notifications++}\n{notify.Method}"), Account, RelayKind.Notify, arrival.ReversePath.Length == 0 ? "" : sender, recipients, message);
        if (await EnqueueAsync(request, "notify", notify, cancellationToken) && notify.Fcc is { } fcc)
            Copies.Add((notify, fcc, message));
    }

    // Nobody is to hear of a report that did not arrive
    private async ValueTask ReportAsync(ReportAction report, CancellationToken cancellationToken)
    {
        var source = new SieveReportSource
        {
            Message = input.Message,
            Envelope = EnvelopeToReport(),
            From = input.Recipient.PrimaryAddress,
            UserAgent = "Sora",
            MessageId = NewMessageId(),
            Time = Now,
        };
        var message = await SieveReport.WriteAsync(report, source, cancellationToken);
        var request = new RelayRequest(
            keys.Of(Account, RelayKind.Report, $"{report.FeedbackType}\n{report.Recipient}"), Account, RelayKind.Report, "", [new RelayRecipient(report.Recipient, "NEVER")],
            message);
        await EnqueueAsync(request, "report", report, cancellationToken);
    }

    // A report says only what is known: a message that is in a mailbox has no envelope any more, but perhaps the traces of one
    private SieveEnvelope? EnvelopeToReport() => input.Message is not StoredMessage stored ? input.Envelope
        : stored.ReversePath is { } from ? new SieveEnvelope { From = from, To = stored.ForwardPath ?? "" } : null;

    /// <summary>True when the message is in the queue; else a note says why not.</summary>
    private async ValueTask<bool> EnqueueAsync(RelayRequest request, string name, SieveAction action, CancellationToken cancellationToken)
    {
        var status = await scripts.Relay.EnqueueAsync(request, cancellationToken);
        switch (status)
        {
            case RelayStatus.Queued:
                scripts.Instruments.Sent(name);
                Log.Sent(scripts.Logger, arrival.TransactionId, request.Kind, Account.Value, string.Join(", ", request.Recipients.Select(static one => one.Address)));
                return true;
            case RelayStatus.AlreadyQueued:
                return true;
            case RelayStatus.QueueFull when request.Kind == RelayKind.Redirect:
                throw new ScriptsUnavailableException(MailError.Unavailable("Too much mail waits to be sent on, try again later"));
        }

        plan.Fail(action, $"{name} to {string.Join(", ", request.Recipients.Select(static one => one.Address))}: {Problem(status)}");
        return false;
    }

    private static string Problem(RelayStatus status) => status switch
    {
        RelayStatus.RateLimited => "the account has sent as many messages as it may for the time being",
        RelayStatus.QueueFull => "too much mail waits to be sent",
        RelayStatus.TooLarge => "the message is too large to be sent on",
        RelayStatus.NotConfigured => "this server sends no mail",
        RelayStatus.Invalid => "the address cannot be sent to",
        _ => "the message has been sent on before",
    };

    private static bool IsAutoSubmitted(ReadOnlySpan<byte> header)
    {
        foreach (var field in HeaderFields.Enumerate(header))
        {
            if (field.IsNamed("Auto-Submitted"u8) && !Encoding.UTF8.GetString(field.Unfold()).Split(';', '(')[0].Trim().Equals("no", StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }

    private string NewMessageId() => $"<{Guid.NewGuid():N}.sieve@{scripts.HostName.Trim('[', ']')}>";
}
