using System.CommandLine;
using System.Text;
using Sora.Mailstore.Relay;

namespace Sora.Admin.Relay;

/// <summary><c>relay show</c>: one message with its recipients and its header.</summary>
internal sealed class RelayShowCommand : AdminCommand
{
    private readonly Option<long> _id = new("--id") { Description = "The message's number", HelpName = "ID", Required = true };

    public RelayShowCommand(CommandHost host)
        : base("show", "Shows a message that waits to leave: its recipients, what hosts said, and its header", host)
    {
        Add(_id);
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var session = await AdminSession.ReadAsync(run, cancellationToken);
        var entries = await session.Relay.ListAsync(new RelayFilter(run.Required(_id)), 0, int.MaxValue, cancellationToken);
        if (entries.Count == 0 || await session.Relay.ReadHeaderAsync(run.Required(_id), cancellationToken) is not { } bytes)
            return run.Failed(RelayText.Missing(run.Required(_id)));
        var header = Clean(bytes);
        if (run.WantsJson)
        {
            run.WriteJson(new { Recipients = entries.ConvertAll(RelayText.Json), Header = header });
            return ExitCode.Ok;
        }

        var first = entries[0];
        run.WriteTable(
            ["", ""],
            [
                ["id", first.Message], ["queued", first.QueuedAt], ["expires", first.ExpiresAt], ["account", first.PrimaryAddress], ["kind", RelayText.Name(first.Kind)],
                ["sender", $"<{first.Sender}>"], ["size", first.Size],
            ]);
        run.WriteTable(
            ["recipient", "attempts", "next attempt", "host", "last reply"],
            entries.Select(static entry => new object?[]
            {
                entry.Recipient, entry.Attempts, entry.IsSending ? "now" : entry.NextAttempt, entry.LastReply?.Host, entry.LastReply,
            }));
        run.Terminal.Output.WriteLine();
        run.Terminal.Output.Write(header);
        return ExitCode.Ok;
    }

    // It comes from anywhere, and a terminal obeys controls
    private static string Clean(byte[] header)
    {
        var text = new StringBuilder();
        foreach (var c in Encoding.UTF8.GetString(header))
        {
            if (c is '\n' or '\t' || !char.IsControl(c))
                text.Append(c);
            else if (c != '\r')
                text.Append('?');
        }

        return text.ToString();
    }
}
