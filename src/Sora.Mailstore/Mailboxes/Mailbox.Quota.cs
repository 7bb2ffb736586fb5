using Sora.Contracts;
using Sora.Mailstore.Accounts;

namespace Sora.Mailstore.Mailboxes;

internal sealed partial class Mailbox
{
    /// <summary>Room in the account's quota for new messages.</summary>
    private async ValueTask<QuotaHold> HoldAsync(AppendRequest request, CancellationToken cancellationToken)
    {
        if (!await MayBeLimitedAsync(cancellationToken))
            return default;
        var bytes = 0L;
        foreach (var message in request.Messages)
            bytes += message.Prefix.Length + message.Content.Size;
        return await _host.Quotas!.HoldAsync(Account, bytes, request.Messages.Count, cancellationToken);
    }

    /// <summary>Room for what messages are larger, and more, than those of the same account that they replace.</summary>
    private async ValueTask<QuotaHold> HoldAsync(Mailbox source, ReplaceRequest request, CancellationToken cancellationToken)
    {
        if (!await MayBeLimitedAsync(cancellationToken))
            return default;
        var bytes = 0L;
        var messages = request.Messages.Count;
        foreach (var message in request.Messages)
            bytes += message.Prefix.Length + message.Content.Size;
        if ((source._index is not null || (await source.OpenAsync(default, cancellationToken)).IsOk)
            && source._index is { } index && source.Account == Account)
        {
            foreach (var uid in index.Existing(request.Replaced))
            {
                bytes -= index[index.PositionOf(uid)].Size;
                messages--;
            }
        }

        return bytes <= 0 && messages <= 0 ? default : await _host.Quotas!.HoldAsync(Account, Math.Max(0, bytes), Math.Max(0, messages), cancellationToken);
    }

    /// <summary>Room in this mailbox's account for messages of another mailbox. A move within an account needs none.</summary>
    private async ValueTask<QuotaHold> HoldAsync(Mailbox source, MailboxIndex index, CopyRequest request, CancellationToken cancellationToken)
    {
        if (!await MayBeLimitedAsync(cancellationToken) || (request.Move && source.Account == Account))
            return default;
        var bytes = 0L;
        var messages = 0;
        foreach (var uid in index.Existing(request.Uids))
        {
            bytes += index[index.PositionOf(uid)].Size;
            messages++;
        }

        return await _host.Quotas!.HoldAsync(Account, bytes, messages, cancellationToken);
    }

    /// <summary>Room in the account's quota for so much, where <see cref="MayBeLimitedAsync"/> has said that it may be limited.</summary>
    internal ValueTask<QuotaHold> HoldAsync(long bytes, int messages, CancellationToken cancellationToken) =>
        _host.Quotas!.HoldAsync(Account, bytes, messages, cancellationToken);

    /// <summary>Room may have to be held. The account of a mailbox is known once it was read; when it cannot be, the write itself will say so.</summary>
    internal async ValueTask<bool> MayBeLimitedAsync(CancellationToken cancellationToken)
    {
        try
        {
            return _host.Quotas is { } quotas && await quotas.MayLimitAsync(cancellationToken)
                && (_index is not null || (await OpenAsync(default, cancellationToken)).IsOk);
        }
        catch (Exception e) when (IsDatabaseFailure(e))
        {
            _host.ReadFailed(Id, e);
            return false;
        }
    }
}
