using System.CommandLine;
using Microsoft.Extensions.Logging.Abstractions;
using Sora.Contracts;
using Sora.Gateway.Lmtp;
using Sora.Gateway.Sieve;
using Sora.Mailstore.Sieve;
using Sora.Sieve;

namespace Sora.Admin.Sieve;

/// <summary>
/// <c>sieve test</c>: what a script would do with a message, planned as a delivery plans it. Nothing is created, stored, sent or remembered.
/// </summary>
internal sealed class SieveTestCommand : AdminCommand
{
    private const long MaxMessage = 256 * 1024 * 1024;

    private readonly TrialEnvelope _envelope = new();
    private readonly Option<string?> _script = Optional("--script", "FILE", "The script; - reads standard input; without it the active script of --email, or the default one");
    private readonly Option<string> _message = Required("--message", "FILE", "The message as it would be delivered; - reads standard input");
    private readonly Option<string?> _email = Optional("--email", "ADDRESS", "An account whose mailboxes, scripts and lists the script may ask for; needs the database");
    private readonly Option<string?> _scripts = Optional("--scripts", "DIR", "Without --email: the folder where include :personal finds NAME.sieve");
    private readonly Option<bool> _site = Flag("--site", "Run the site's scripts before and after it, as a delivery does");
    private readonly Option<bool> _headers = Flag("--headers", "Show the headers that the script has changed");
    private readonly Option<bool> _trace = Flag("--trace", "Show each step");

    public SieveTestCommand(CommandHost host)
        : base("test", "Shows what a script would do with a message", host)
    {
        foreach (var option in new Option[] { _script, _message, _email, _scripts, _site, _headers, _trace }.Concat(_envelope.Options))
            Add(option);
        Validators.Add(result =>
        {
            if (result.GetValue(_script) is null && result.GetValue(_email) is null)
                result.AddError("Either --script or --email is needed");
            if (result.GetValue(_scripts) is not null && result.GetValue(_email) is not null)
                result.AddError("--scripts stands in for an account's scripts, and cannot be used with --email");
            if (result.GetValue(_script) == "-" && result.GetValue(_message) == "-")
                result.AddError("Only one of --script and --message can be standard input");
        });
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        var options = run.LoadOptions();
        SieveCompilation? script = null;
        if (run.Get(_script) is { } file)
        {
            script = ScriptSource.Compile(options, await ScriptSource.ReadAsync(run, file, options.Sieve.MaxScriptSize.Bytes, cancellationToken));
            if (!ScriptSource.Report(run, script))
                return ExitCode.Failed;
        }

        var message = new SieveMessageInMemory(ScriptSource.AsDelivered(await ScriptSource.ReadAsync(run, run.Required(_message), MaxMessage, cancellationToken)));
        if (run.Get(_email) is not { } email)
        {
            var envelope = _envelope.Of(run, message.Header.Span, null);
            var account = new TrialAccount([envelope.To]);
            var folder = run.Get(_scripts) is { } path ? new FolderScripts(path, options.Sieve.MaxScriptSize.Bytes) : null;
            var (site, ports) = Ports(options, account, account, folder, null);
            return await RunAsync(run, new Trial(site, ports, account, envelope.To, message, envelope), script, cancellationToken);
        }

        await using var session = await AdminSession.ReadAsync(run, cancellationToken);
        var found = await session.MailboxesAsync(email, cancellationToken);
        if (!found.IsOk)
            return run.Failed(found.Error);
        var (files, planned) = Ports(options, session.AccountHost, session.Sharing, session.Scripts, session);
        var owner = found.Value.Owner;
        var trial = new Trial(files, planned, found.Value.Account, owner, message, _envelope.Of(run, message.Header.Span, owner));
        return await RunAsync(run, trial, script, cancellationToken);
    }

    private static (SieveFiles Files, ScriptPorts Ports) Ports(AdminOptions options, IAccounts accounts, ISharing sharing, ISieveScripts? scripts, AdminSession? session)
    {
        var files = new SieveFiles(options.Sieve, TimeProvider.System, NullLoggerFactory.Instance);
        var library = new ScriptLibrary(
            scripts, files, options.SieveLimits.ToCompilerOptions(options.Sieve.MaxScriptSize.ToInt32()),
            options.SieveLimits.ToCompilerOptions(options.Sieve.MaxGlobalScriptSize.ToInt32()), options.SieveLimits.MaxCompiledScripts,
            options.SieveLimits.MaxCompiledSize.Bytes);
        return (files, new ScriptPorts(
            accounts, sharing, library, options.SieveDelivery, options.SieveLimits.ToLimits() with { MaxDuplicateLifetime = options.Sieve.MaxDuplicatePeriod },
            options.Imap.OtherUsersPrefix, options.Imap.SharedPrefix)
        {
            DetailSeparators = options.Lmtp.RecipientDelimiter,
            History = session?.ScriptLog,
            Metadata = session?.Metadata,
            Lists = session is null ? new SiteLists(options.Sieve, TimeProvider.System, NullLoggerFactory.Instance) : session.Lists,
            AdminContact = options.Imap.AdminContact ?? "",
        });
    }

    private async Task<int> RunAsync(CommandRun run, Trial trial, SieveCompilation? script, CancellationToken cancellationToken)
    {
        var sequence = await SequenceAsync(run, trial, script, cancellationToken);
        if (!sequence.IsOk)
            return run.Failed(sequence.Error);
        var recipient = new DeliveryRecipient(trial.Envelope.To, trial.Account.Id, trial.Owner, DetailOf(trial.Envelope.To, trial.Ports.DetailSeparators));
        var plan = await new ScriptPlanner(trial.Ports).PlanAsync(
            sequence.Value,
            new ScriptInput(trial.Account, recipient, trial.Message, trial.Envelope, new ScriptEnvironment(LmtpServer.HostNameOf(run.LoadOptions().Lmtp), "", null))
            {
                Time = DateTimeOffset.UtcNow,
                IsTrial = true,
                IsTraced = run.Get(_trace),
            },
            cancellationToken);
        return new TrialReport(plan, knowsMailboxes: run.Get(_email) is not null, run.Get(_headers)).Show(run);
    }

    private async Task<MailResult<ScriptSequence>> SequenceAsync(CommandRun run, Trial trial, SieveCompilation? script, CancellationToken cancellationToken)
    {
        if (script is not null && !run.Get(_site))
            return ScriptSequence.Of("", script.Script!);
        var around = trial.Files.Around(trial.Owner.AsSpan(trial.Owner.LastIndexOf('@') + 1));
        if (!around.IsOk)
            return trial.Files.Problems().FirstOrDefault() is { } problem ? MailError.Unavailable(problem) : around.Error;
        MailResult<(string? Name, SieveCompilation? Script)> active = ("", script);
        if (script is null)
            active = await trial.Ports.Library.FindActiveAsync(trial.Account.Id, cancellationToken);
        if (!active.IsOk)
            return active.Error;
        var withSite = run.Get(_site);
        return trial.Ports.Library.Sequence(withSite ? around.Value.Before : [], active.Value, around.Value.Default, withSite ? around.Value.After : []);
    }

    private static string? DetailOf(string address, string separators)
    {
        var plus = address.AsSpan().IndexOfAny(separators);
        var at = address.LastIndexOf('@');
        return plus > 0 && plus < at ? address[(plus + 1)..at] : null;
    }

    /// <summary>What a script is tried with.</summary>
    private sealed record Trial(SieveFiles Files, ScriptPorts Ports, IAccount Account, string Owner, SieveMessage Message, SieveEnvelope Envelope);
}
