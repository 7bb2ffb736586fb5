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

    private readonly Option<string> _script = Required("--script", "FILE", "The script; - reads standard input");
    private readonly Option<string> _message = Required("--message", "FILE", "The message as it would be delivered");
    private readonly Option<string?> _from = Optional("--from", "ADDRESS", "The envelope's sender (the null reverse-path)");
    private readonly Option<string?> _to = Optional("--to", "ADDRESS", "The envelope's recipient, and the user's address");
    private readonly Option<string?> _email = Optional("--email", "ADDRESS", "An account whose mailboxes and scripts the script may ask for; needs the database");
    private readonly Option<bool> _site = Flag("--site", "Run the site's scripts before and after it, as a delivery does");
    private readonly Option<bool> _trace = Flag("--trace", "Show each step");

    public SieveTestCommand(CommandHost host)
        : base("test", "Shows what a script would do with a message", host)
    {
        foreach (var option in new Option[] { _script, _message, _from, _to, _email, _site, _trace })
            Add(option);
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        var options = run.LoadOptions();
        var source = await ScriptSource.ReadAsync(run, run.Required(_script), options.Sieve.MaxScriptSize.Bytes, cancellationToken);
        var compilation = ScriptSource.Compile(options, source);
        if (!ScriptSource.Report(run, compilation))
            return ExitCode.Failed;
        var message = await ScriptSource.ReadAsync(run, run.Required(_message), MaxMessage, cancellationToken);
        if (run.Get(_email) is not { } email)
        {
            var account = new TrialAccount([run.Get(_to) ?? ""]);
            var ports = Ports(options, account, account, null);
            return await RunAsync(run, ports, compilation, message, account, run.Get(_to) ?? "", cancellationToken);
        }

        await using var session = await AdminSession.ReadAsync(run, cancellationToken);
        var found = await session.MailboxesAsync(email, cancellationToken);
        if (!found.IsOk)
            return run.Failed(found.Error);
        var (files, planned) = Ports(options, session.AccountHost, session.Sharing, session);
        return await RunAsync(run, (files, planned), compilation, message, found.Value.Account, found.Value.Owner, cancellationToken);
    }

    private static (SieveFiles Files, ScriptPorts Ports) Ports(AdminOptions options, IAccounts accounts, ISharing sharing, AdminSession? session)
    {
        var files = new SieveFiles(options.Sieve, TimeProvider.System, NullLoggerFactory.Instance);
        var library = new ScriptLibrary(
            session?.Scripts, files, options.SieveLimits.ToCompilerOptions(options.Sieve.MaxScriptSize.ToInt32()),
            options.SieveLimits.ToCompilerOptions(options.Sieve.MaxGlobalScriptSize.ToInt32()), options.SieveLimits.MaxCompiledScripts,
            options.SieveLimits.MaxCompiledSize.Bytes);
        return (files, new ScriptPorts(
            accounts, sharing, library, options.SieveDelivery, options.SieveLimits.ToLimits() with { MaxDuplicateLifetime = options.Sieve.MaxDuplicatePeriod },
            options.Imap.OtherUsersPrefix, options.Imap.SharedPrefix)
        {
            DetailSeparators = options.Lmtp.RecipientDelimiter,
            History = session?.ScriptLog,
            Metadata = session?.Metadata,
            AdminContact = options.Imap.AdminContact ?? "",
        });
    }

    private async Task<int> RunAsync(
        CommandRun run, (SieveFiles Files, ScriptPorts Ports) with, SieveCompilation compilation, byte[] message, IAccount account, string owner,
        CancellationToken cancellationToken)
    {
        var to = run.Get(_to) ?? owner;
        var sequence = ScriptSequence.Of("", compilation.Script!);
        if (run.Get(_site))
        {
            var around = with.Files.Around(owner.AsSpan(owner.LastIndexOf('@') + 1));
            if (!around.IsOk)
                return run.Failed(around.Error);
            sequence = with.Ports.Library.Sequence(around.Value.Before, ("", compilation), null, around.Value.After);
        }

        var options = run.LoadOptions();
        var plan = await new ScriptPlanner(with.Ports).PlanAsync(
            sequence,
            new ScriptInput(
                account, new DeliveryRecipient(to, account.Id, owner, DetailOf(to, with.Ports.DetailSeparators)), new SieveMessageInMemory(message),
                new SieveEnvelope { From = run.Get(_from) ?? "", To = to }, new ScriptEnvironment(LmtpServer.HostNameOf(options.Lmtp), "", null))
            {
                Time = DateTimeOffset.UtcNow,
                IsTrial = true,
                IsTraced = run.Get(_trace),
            },
            cancellationToken);
        Show(run, plan, withMailboxes: run.Get(_email) is not null);
        return plan.Result.Error is null ? ExitCode.Ok : run.Failed(plan.Result.Error.ToString());
    }

    private static void Show(CommandRun run, DeliveryPlan plan, bool withMailboxes)
    {
        var result = plan.Result;
        string[] actions = [.. result.Actions.Select(ActionText.Of)];

        // Which mailboxes there are is only known of an account
        string[] stores = withMailboxes ? [.. plan.Stores.Select(ActionText.Of)] : [];
        string[] problems = withMailboxes ? [.. plan.Notes.Where(note => note.Line > 0 && result.Error?.Message != note.Text).Select(static note => $"line {note.Line}: {note.Text}")] : [];
        if (run.WantsJson)
        {
            run.WriteJson(new
            {
                Actions = actions,
                result.ImplicitKeep,
                Flags = result.KeepFlags,
                Stored = stores,
                Problems = problems,
                Error = result.Error?.ToString(),
                Duplicates = result.Duplicates.Length,
                Debug = result.DebugLog,
                result.Trace,
                result.Steps,
            });
            return;
        }

        foreach (var line in result.Trace)
            run.Terminal.Output.WriteLine("trace: " + line);
        foreach (var line in result.DebugLog)
            run.Terminal.Output.WriteLine("debug: " + line);
        foreach (var action in actions)
            run.Terminal.Output.WriteLine(action);
        if (result.ImplicitKeep)
            run.Terminal.Output.WriteLine("keep (implicit)" + ActionText.Flags(result.KeepFlags));
        foreach (var problem in problems)
            run.Terminal.Output.WriteLine("problem: " + problem);
        foreach (var store in stores)
            run.Terminal.Output.WriteLine("stored in " + store);
    }

    private static string? DetailOf(string address, string separators)
    {
        var plus = address.AsSpan().IndexOfAny(separators);
        var at = address.LastIndexOf('@');
        return plus > 0 && plus < at ? address[(plus + 1)..at] : null;
    }
}
