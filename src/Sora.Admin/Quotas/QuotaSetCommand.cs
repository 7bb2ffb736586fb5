using System.CommandLine;
using Sora.Mailstore.Storage;

namespace Sora.Admin.Quotas;

/// <summary><c>quota set</c>: gives an account, a domain or its shared mailboxes limits of their own; what is not named stays.</summary>
internal sealed class QuotaSetCommand : AdminCommand
{
    private readonly QuotaTargetOptions _target = new();
    private readonly Option<string?> _storage = Optional("--storage", "SIZE", "Size of all messages, such as 5GiB; none, or default");
    private readonly Option<string?> _messages = Optional("--messages", "NUMBER", "Messages; none, or default");
    private readonly Option<string?> _mailboxes = Optional("--mailboxes", "NUMBER", "Mailboxes; none, or default");

    public QuotaSetCommand(CommandHost host)
        : base("set", "Sets the quota of an account, of all accounts of a domain that have none of their own, or of the shared mailboxes of a domain", host)
    {
        _target.AddTo(this);
        Add(_storage);
        Add(_messages);
        Add(_mailboxes);
        Validators.Add(result =>
        {
            QuotaText.Check(result, _storage, isSize: true);
            QuotaText.Check(result, _messages, isSize: false);
            QuotaText.Check(result, _mailboxes, isSize: false);
            if (result.GetValue(_storage) is null && result.GetValue(_messages) is null && result.GetValue(_mailboxes) is null)
                result.AddError("Nothing to set: give --storage, --messages or --mailboxes");
        });
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var session = await AdminSession.ChangeAsync(run, cancellationToken);
        var found = await _target.FindAsync(run, session, mayCreate: true, cancellationToken);
        if (!found.IsOk)
            return run.Failed(found.Error);
        var target = found.Value;
        var quota = await target.ReadAsync(session.Quotas, cancellationToken);
        quota = new StoredQuota(
            Of(run.Get(_storage), quota.Storage, isSize: true),
            Of(run.Get(_messages), quota.Messages, isSize: false),
            Of(run.Get(_mailboxes), quota.Mailboxes, isSize: false));
        var set = await target.SetAsync(session.Quotas, quota, cancellationToken);
        if (!set.IsOk)
            return run.Failed(set.Error);

        return run.Done(
            new { target.Name, Storage = QuotaText.Of(quota.Storage), Messages = QuotaText.Of(quota.Messages), Mailboxes = QuotaText.Of(quota.Mailboxes) },
            $"Quota of {target.Name}: storage {QuotaText.Of(quota.Storage)}, messages {QuotaText.Of(quota.Messages)}, "
                + $"mailboxes {QuotaText.Of(quota.Mailboxes)}");
    }

    private static long? Of(string? text, long? before, bool isSize) => text is not null && QuotaText.TryParse(text, isSize, out var stored) ? stored : before;
}
