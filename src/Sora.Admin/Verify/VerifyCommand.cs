using System.CommandLine;
using System.CommandLine.Parsing;
using Sora.Configuration;
using Sora.Contracts;
using Sora.Mailstore.Bodies;
using Sora.Mailstore.Bodies.Verify;

namespace Sora.Admin.Verify;

/// <summary><c>verify</c>: compares database, staging and object store.</summary>
internal sealed class VerifyCommand : AdminCommand
{
    private readonly Option<string?> _email = Optional("--email", "ADDRESS", "Only the account with this address, which may be deleted");
    private readonly Option<string?> _shared = Optional("--shared", "DOMAIN", "Only the shared mailboxes of a domain");
    private readonly Option<string?> _hash = Optional("--hash", "HASH", "Show one body, by its BLAKE3 in 64 hexadecimal digits: where it is, which messages need it, and whether it is good");
    private readonly Option<bool> _deep = Flag("--deep", "Read each object and check its hash, not only that it is there and has the right size");
    private readonly Option<bool> _fix = Flag("--fix", "Put right what can be; no message is ever removed, and no object deleted by this command");
    private readonly Option<bool> _resume = Flag("--resume", "Go on with the last comparison that did not come to its end, as it was asked for then");
    private readonly Option<string?> _grace = Optional("--grace", "TIME", "What is younger is not taken for left over: 1d when it is not given");
    private readonly Option<long?> _limit = new("--limit") { Description = "Stop when so much is found", HelpName = "N" };
    private readonly Option<int> _parallel = new("--parallel") { Description = "Accounts that are looked at at the same time", HelpName = "N", DefaultValueFactory = static _ => 1 };
    private readonly Option<int> _rate = new("--rate") { Description = "Most bodies in a second, so that a busy server does not suffer", HelpName = "N" };
    private readonly Option<string?> _bandwidth = Optional("--bandwidth", "SIZE", "Most bytes that are read in a second, as in 10MiB");

    public VerifyCommand(CommandHost host)
        : base("verify", "Compares database, staging and object store: what is missing, left over or damaged; ends with exit code 3 when something was found", host)
    {
        foreach (var option in new Option[] { _email, _shared, _hash, _deep, _fix, _resume, _grace, _limit, _parallel, _rate, _bandwidth })
            Add(option);
        Validators.Add(Check);
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        var options = run.LoadOptions();
        await using var session = run.Get(_fix) || run.Get(_resume)
            ? await AdminSession.ChangeAsync(run, options, cancellationToken)
            : await AdminSession.ReadAsync(run, options, cancellationToken);
        AccountId? account = null;
        if (await FindAsync(run, session, cancellationToken) is { } found)
        {
            if (!found.IsOk)
                return run.Failed(found.Error);
            account = found.Value;
        }

        var verification = session.Verification(run);
        if (run.Get(_hash) is { } hash)
            return VerifyHash.Show(run, await verification.InspectAsync(ContentHash.From(Convert.FromHexString(hash)), account, cancellationToken));
        try
        {
            var summary = await VerifyReport.RunAsync(run, Request(run, account), run.Get(_resume) ? verification.ResumeAsync : verification.RunAsync, cancellationToken);
            return summary.Totals.Findings > 0 ? ExitCode.Found : ExitCode.Ok;
        }
        catch (VerifyException e)
        {
            return run.Failed(e.Message);
        }
    }

    private async Task<MailResult<AccountId>?> FindAsync(CommandRun run, AdminSession session, CancellationToken cancellationToken)
    {
        if (run.Get(_email) is { } email)
        {
            var found = await session.Accounts.FindAsync(email, cancellationToken);
            return found.IsOk ? found.Value.Summary.Id : found.Error;
        }

        if (run.Get(_shared) is not { } domain)
            return null;
        var shared = await session.SharedMailboxesAsync(domain, mayCreate: false, cancellationToken);
        return shared.IsOk ? shared.Value.Account.Id : shared.Error;
    }

    private VerifyRequest Request(CommandRun run, AccountId? account) => new()
    {
        Account = account,
        IsDeep = run.Get(_deep),
        Fixes = run.Get(_fix),
        Grace = run.Get(_grace) is { } grace ? Duration.Parse(grace) : TimeSpan.FromDays(1),
        Limit = run.Get(_limit),
        Parallelism = run.Get(_parallel),
        BodiesPerSecond = run.Get(_rate),
        BytesPerSecond = run.Get(_bandwidth) is { } bandwidth ? ByteSize.Parse(bandwidth).Bytes : 0,
    };

    private void Check(CommandResult result)
    {
        OptionLimits.Check(result, _limit, 1, int.MaxValue);
        OptionLimits.Check(result, _parallel, 1, 64);
        OptionLimits.Check(result, _rate, 1, 1_000_000);
        if (result.GetValue(_email) is not null && result.GetValue(_shared) is not null)
            result.AddError("--email and --shared exclude each other");
        if (result.GetValue(_resume) && new Option[] { _email, _shared, _deep, _fix, _grace, _hash }.Any(option => result.GetResult(option) is { Implicit: false }))
            result.AddError("--resume goes on as it was begun: --email, --shared, --deep, --fix, --grace and --hash do not go with it");
        if (result.GetValue(_grace) is { } grace && !Duration.TryParse(grace, out _))
            result.AddError($"--grace is no time such as 1d or 12h: {grace}");
        if (result.GetValue(_bandwidth) is { } bandwidth && (!ByteSize.TryParse(bandwidth, out var size) || size.Bytes == 0))
            result.AddError($"--bandwidth is no size such as 10MiB: {bandwidth}");
        if (result.GetValue(_hash) is { } hash && (hash.Length != ContentHash.Length * 2 || !hash.All(char.IsAsciiHexDigit)))
            result.AddError("--hash must have 64 hexadecimal digits");
    }
}
