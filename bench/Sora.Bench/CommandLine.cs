using System.CommandLine;
using Sora.Bench.Cluster;
using Sora.Bench.Compare;
using Sora.Bench.Results;
using Sora.Bench.Scenarios;
using Sora.Bench.Wire;

namespace Sora.Bench;

/// <summary>One subcommand per scenario, and <c>compare</c>, which runs them against several servers.</summary>
internal static class CommandLine
{
    /// <summary>Servers that we started get this long to stop after Ctrl-C.</summary>
    private static readonly TimeSpan TerminationTimeout = TimeSpan.FromSeconds(60);

    public static async Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand("Loads a mail server over LMTP, IMAP and POP3 and says how it did.")
        {
            Deliver(), Fill(), Select(), Fetch(), Store(), Search(), Append(), Transfer(), Events(), Idle(), Connections(), Churn(), Logins(), Mix(), Pop3(), CompareCommand.Create(), ClusterCommand.Create(),
        };
        return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TerminationTimeout });
    }

    private static Option<T> With<T>(string name, string description, T value) =>
        new(name) { Description = description, DefaultValueFactory = _ => value };

    private static Command Deliver()
    {
        var size = With("--size", "Size of a message: 2KiB, 100KiB, 1MiB", "2KiB");
        var sessions = With("--sessions", "LMTP sessions side by side", 50);
        var recipients = With("--recipients", "Recipients of one transaction", 1);
        var verify = With("--verify", "Count the messages over IMAP before and after", false);
        return Scenario("deliver", "LMTP deliveries to all users", [size, sessions, recipients, verify], async (target, run, options, token) =>
        [
            await new DeliverScenario(target, run)
            {
                Size = Sizes.Parse(options.GetValue(size)!),
                Sessions = options.GetValue(sessions),
                Recipients = options.GetValue(recipients),
                Verify = options.GetValue(verify),
            }.RunAsync(token),
        ]);
    }

    private static Command Fill()
    {
        var user = With("--number", "The user whose mailbox it is, counted from 1", 1);
        var mailbox = With("--mailbox", "The mailbox", "INBOX");
        var messages = With("--messages", "How many messages", 100_000);
        var by = With("--by", "The way in", FillBy.Auto);
        return Scenario("fill", "Fill one mailbox", [user, mailbox, messages, by], async (target, run, options, token) =>
        [
            await new FillScenario(target, run)
            {
                User = options.GetValue(user),
                Mailbox = options.GetValue(mailbox)!,
                Messages = options.GetValue(messages),
                By = options.GetValue(by),
            }.RunAsync(token),
        ]);
    }

    private static Command Select()
    {
        var user = With("--number", "The user, counted from 1", 1);
        var mailboxes = With<string[]>("--mailbox", "Mailboxes, each opened cold once per round; the first one warm", ["INBOX"]);
        var before = new Option<string>("--before") { Description = "Shell command that makes the server forget, run before each round" };
        var rounds = With("--rounds", "Cold rounds", 1);
        return Scenario("select", "SELECT cold and warm", [user, mailboxes, before, rounds], async (target, run, options, token) =>
        [
            await new SelectScenario(target, run)
            {
                User = options.GetValue(user),
                Mailboxes = options.GetValue(mailboxes)!,
                Before = options.GetValue(before) is { } command ? SelectScenario.Shell(command) : null,
                Rounds = options.GetValue(rounds),
                Warm = run.Count > 0 ? run.Count : 200,
            }.RunAsync(token),
        ]);
    }

    private static Command Fetch()
    {
        var (user, mailbox) = Place();
        return Scenario("fetch", "FETCH of a whole mailbox, item by item", [user, mailbox], (target, run, options, token) =>
            new FetchScenario(target, run) { User = options.GetValue(user), Mailbox = options.GetValue(mailbox)! }.RunAsync(token));
    }

    private static Command Store()
    {
        var (user, mailbox) = Place();
        return Scenario("store", "STORE of one message and of all", [user, mailbox], async (target, run, options, token) =>
            [await new StoreScenario(target, run) { User = options.GetValue(user), Mailbox = options.GetValue(mailbox)! }.RunAsync(token)]);
    }

    private static Command Search()
    {
        var (user, mailbox) = Place();
        return Scenario("search", "SEARCH by key", [user, mailbox], (target, run, options, token) =>
            new SearchScenario(target, run) { User = options.GetValue(user), Mailbox = options.GetValue(mailbox)! }.RunAsync(token));
    }

    private static Command Append()
    {
        var size = With("--size", "Size of a message", "2KiB");
        var sessions = With("--sessions", "IMAP sessions side by side", 8);
        return Scenario("append", "IMAP APPEND", [size, sessions], async (target, run, options, token) =>
            [await new AppendScenario(target, run) { Size = Sizes.Parse(options.GetValue(size)!), Sessions = options.GetValue(sessions) }.RunAsync(token)]);
    }

    private static Command Transfer()
    {
        var (user, mailbox) = Place();
        var messages = With("--messages", "How many messages", 10_000);
        return Scenario("transfer", "COPY, MOVE and EXPUNGE of many messages", [user, mailbox, messages], async (target, run, options, token) =>
        [
            await new TransferScenario(target, run)
            {
                User = options.GetValue(user),
                Mailbox = options.GetValue(mailbox)!,
                Messages = options.GetValue(messages),
            }.RunAsync(token),
        ]);
    }

    private static Command Events()
    {
        var user = With("--number", "The user, counted from 1", 1);
        var script = With("--script", "A script that the user has, for events in IMAP; empty measures without one only", "");
        var rounds = With("--rounds", "Rounds of 50 commands of each kind, with the script and without", 6);
        return Scenario("events", "STORE, COPY and APPEND with and without a Sieve script on events (IMAPSIEVE)", [user, script, rounds], async (target, run, options, token) =>
        [
            await new EventsScenario(target, run)
            {
                User = options.GetValue(user),
                Script = options.GetValue(script)!,
                Rounds = options.GetValue(rounds),
            }.RunAsync(token),
        ]);
    }

    private static Command Idle()
    {
        var lanes = With("--lanes", "Users side by side", 2);
        return Scenario("idle", "From LMTP's 250 to the EXISTS in IDLE", [lanes], async (target, run, options, token) =>
            [await new IdleScenario(target, run) { Lanes = options.GetValue(lanes) }.RunAsync(token)]);
    }

    private static Command Connections()
    {
        var connections = With("--connections", "How many", 1000);
        return Scenario("connections", "Memory of idle IDLE connections", [connections], async (target, run, options, token) =>
        [
            await new ConnectionsScenario(target, run)
            {
                Connections = options.GetValue(connections),
                Tls = target.Tls == TlsMode.Implicit,
            }.RunAsync(token),
        ]);
    }

    private static Command Logins()
    {
        var clients = With("--clients", "How many come at once", 2000);
        var oneUser = With("--one-user", "All of them are the first user", false);
        var deliveries = With("--deliveries", "LMTP sessions meanwhile", 2);
        return Scenario("logins", "Clients that all log in at once, and once more", [clients, oneUser, deliveries], async (target, run, options, token) =>
            await new LoginStormScenario(target, run)
            {
                Clients = options.GetValue(clients),
                OneUser = options.GetValue(oneUser),
                Deliveries = options.GetValue(deliveries),
            }.RunAsync(token));
    }

    private static Command Churn()
    {
        var connections = With("--connections", "How many", 20_000);
        var parallel = With("--parallel", "How many wait for the server at most", 64);
        var logIn = With("--login", "They log in as well", false);
        return Scenario("churn", "Connections that open and close, --duration for all of them", [connections, parallel, logIn], async (target, run, options, token) =>
        [
            await new ChurnScenario(target, run)
            {
                Connections = options.GetValue(connections),
                Parallel = options.GetValue(parallel),
                LogIn = options.GetValue(logIn),
                Tls = target.Tls == TlsMode.Implicit,
            }.RunAsync(token),
        ]);
    }

    private static Command Mix()
    {
        var sessions = With("--sessions", "Clients side by side", 100);
        var least = With("--min-pause", "Shortest pause between commands, in milliseconds", 20);
        var most = With("--max-pause", "Longest pause between commands, in milliseconds", 180);
        return Scenario("mix", "Mail clients as they come", [sessions, least, most], async (target, run, options, token) =>
        [
            await new MixScenario(target, run)
            {
                Sessions = options.GetValue(sessions),
                MinPause = TimeSpan.FromMilliseconds(options.GetValue(least)),
                MaxPause = TimeSpan.FromMilliseconds(options.GetValue(most)),
            }.RunAsync(token),
        ]);
    }

    private static Command Pop3()
    {
        var user = With("--number", "The user, counted from 1", 1);
        var retrieve = With("--retrieve", "How many messages are retrieved", 5_000);
        var before = new Option<string>("--before") { Description = "Shell command that makes the server forget" };
        return Scenario("pop3", "A maildrop: opening, LIST, UIDL, RETR", [user, retrieve, before], async (target, run, options, token) =>
        [
            await new Pop3Scenario(target, run)
            {
                User = options.GetValue(user),
                Retrieve = options.GetValue(retrieve),
                Before = options.GetValue(before) is { } command ? SelectScenario.Shell(command) : null,
            }.RunAsync(token),
        ]);
    }

    private static (Option<int> User, Option<string> Mailbox) Place() =>
        (With("--number", "The user, counted from 1", 1), With("--mailbox", "The mailbox", "INBOX"));

    private static Command Scenario(
        string name,
        string description,
        Option[] own,
        Func<Target, Run, ParseResult, CancellationToken, Task<IReadOnlyList<ScenarioResult>>> runAsync)
    {
        var common = new CommonOptions();
        var command = new Command(name, description);
        foreach (var option in own.Concat(common.All))
        {
            command.Options.Add(option);
        }

        command.SetAction(async (options, token) =>
        {
            await using var closing = token.Register(Watchdog.Shared.CloseAll);
            try
            {
                var errors = 0L;
                foreach (var result in await runAsync(common.Target(options), common.Run(options), options, token))
                {
                    Console.WriteLine(result);
                    errors += result.Errors;
                    if (common.Json(options) is { } path)
                    {
                        result.AppendTo(path);
                    }
                }

                return token.IsCancellationRequested ? 130 : errors > 0 ? 1 : 0;
            }
            catch (Exception exception) when (exception is BenchException || Sessions.IsServerFailure(exception))
            {
                await Console.Error.WriteLineAsync($"{name}: {exception.Message}");
                return 1;
            }
        });
        return command;
    }
}
