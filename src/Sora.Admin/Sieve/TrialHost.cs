using Sora.Contracts;
using Sora.Mailstore.Sieve;
using Sora.Sieve;

namespace Sora.Admin.Sieve;

/// <summary>Answers what a script asks during a trial: from the account when one was named, and from the site's scripts.</summary>
internal sealed class TrialHost(AdminOptions options, IReadOnlyList<string> addresses, IAccount? account, ISieveScripts? scripts) : SieveHost
{
    private readonly SieveFiles _files = new(options.Sieve, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);

    public AdminOptions Options => options;

    public override IReadOnlyList<string> Addresses => addresses;

    public override async ValueTask<bool> MailboxExistsAsync(string mailbox, CancellationToken cancellationToken)
    {
        var name = MailboxName.Parse(mailbox);
        if (account is null)
            return name.IsOk && name.Value.IsInbox;
        return name.IsOk && (await account.ListAsync(cancellationToken)).Find(name.Value) is not null;
    }

    public override async ValueTask<bool> SpecialUseExistsAsync(string? mailbox, string specialUse, CancellationToken cancellationToken)
    {
        if (account is null || !Enum.TryParse<SpecialUse>(specialUse.TrimStart('\\'), ignoreCase: true, out var use) || use == SpecialUse.None)
            return false;
        foreach (var entry in (await account.ListAsync(cancellationToken)).Mailboxes)
        {
            if (entry.SpecialUse == use)
                return mailbox is null || entry.Name.Value == mailbox;
        }

        return false;
    }

    public override async ValueTask<SieveCompilation?> GetScriptAsync(string name, bool isGlobal, CancellationToken cancellationToken)
    {
        if (isGlobal)
        {
            var file = _files.Find(name);
            return file.IsOk ? Compile(file.Value.Content, options.Sieve.MaxGlobalScriptSize.ToInt32()) : null;
        }

        var script = SieveScriptName.Parse(name);
        if (account is null || scripts is null || !script.IsOk)
            return null;
        var content = await scripts.GetAsync(account.Id, script.Value, cancellationToken);
        return content.IsOk ? Compile(content.Value.Content, options.Sieve.MaxScriptSize.ToInt32()) : null;
    }

    private SieveCompilation Compile(ReadOnlyMemory<byte> script, int most) => SieveCompiler.Compile(script, options.SieveLimits.ToCompilerOptions(most));
}
