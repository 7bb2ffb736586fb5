using System.Text;
using System.Text.RegularExpressions;

namespace Sora.Gateway.Tests.Imap;

/// <summary>In which state the first of two commands comes.</summary>
public enum PairState
{
    NotAuthenticated,
    Authenticated,
    Selected,
}

/// <summary>
/// Two commands in one write and one after the other, each time on mailboxes of the same content. In a command "»" is where its client has to wait
/// for a continuation request, "›" where it need not.
/// </summary>
internal sealed class PipelinedPairs(ImapFixture fixture, TestUser user, ImapClient control, PairState state) : IDisposable
{
    private static int _lanes;

    private static readonly Regex Changing = new(
        @"(?<=UIDVALIDITY |COPYUID |APPENDUID )\d+|(?<=(?:MAILBOXID|EMAILID|THREADID) \()[^)]*|(?<=(?:INTERNALDATE|SAVEDATE) "")[^""]*",
        RegexOptions.Compiled);

    // What leaves something behind that the next run must not find
    private static readonly string[] ChangingCommands =
    [
        "CREATE", "RENAME", "DELETE", "SUBSCRIBE", "UNSUBSCRIBE", "APPEND", "SETMETADATA", "SETACL", "CLOSE", "EXPUNGE", "FETCH 2 BODY[]", "STORE", "COPY",
        "MOVE", "REPLACE", "UID STORE", "UID COPY", "UID MOVE", "UID EXPUNGE", "UID REPLACE",
    ];

    private static readonly Regex Part = new("(?<=[»›])", RegexOptions.Compiled);

    private string[] _last = ["DELETE Work", "DELETE Other", "CREATE New"];

    /// <summary>Gives a user what the pairs work on.</summary>
    public static async Task<PipelinedPairs> CreateAsync(ImapFixture fixture, PairState state)
    {
        var user = await fixture.UserAsync($"lane{Interlocked.Increment(ref _lanes)}.example"); // SETACL for anyone is for the domain
        var control = await user.LogInAsync("CREATE Template");
        foreach (var flags in new[] { "", "\\Seen", "\\Deleted", "\\Flagged \\Answered $key", "\\Deleted \\Seen" })
            await control.DoAsync($"APPEND Template ({flags}) {{43+}}\r\nSubject: about x\r\nMessage-Id: <m@x>\r\n\r\nbody");
        return new PipelinedPairs(fixture, user, control, state);
    }

    public string Address => user.Address;

    public void Dispose() => control.Dispose();

    /// <summary>The first difference between the two ways, or null.</summary>
    public async Task<string?> CompareAsync(string first, string second)
    {
        var waited = await PlayAsync([first, second], pipelined: false);
        var pipelined = await PlayAsync([first, second], pipelined: true);
        if (waited.SequenceEqual(pipelined))
            return null;
        return $"""
            {first}
            {second}
              one after the other:
                {string.Join("\n    ", waited)}
              in one write:
                {string.Join("\n    ", pipelined)}
            """;
    }

    /// <summary>The answers to commands in one write, up to the end of the connection.</summary>
    public async Task<List<string>> PlayToTheEndAsync(string text)
    {
        await ResetAsync([]);
        using var client = await OpenAsync();
        await client.Socket.SendAsync(text);
        var lines = new List<string>();
        while (await client.Socket.LineAsync() is { } line)
            lines.Add(line);
        return lines;
    }

    private async Task<List<string>> PlayAsync(string[] commands, bool pipelined)
    {
        await ResetAsync(commands);
        var lines = new List<string>();
        using (var client = await OpenAsync())
        {
            var pending = new StringBuilder();
            for (var i = 0; i < commands.Length; i++)
            {
                pending.Append('a').Append(i).Append(' ');
                var isRefused = false;
                foreach (var part in Part.Split(commands[i]))
                {
                    pending.Append(part.TrimEnd('»', '›'));
                    if (part[^1] != '»' && (pipelined || part[^1] != '›'))
                        continue;
                    await SendAsync(client, pending);
                    isRefused = await ReadAsync(client, lines, $"a{i}", orContinuation: true);
                    if (isRefused)
                        break; // The server does not want the rest
                }

                if (isRefused)
                    continue;
                pending.Append("\r\n");
                if (pipelined)
                    continue;
                await SendAsync(client, pending);
                await ReadAsync(client, lines, $"a{i}", orContinuation: false);
            }

            await SendAsync(client, pending);
            var last = $"a{commands.Length - 1} ";
            if (!lines.Exists(line => line.StartsWith(last, StringComparison.Ordinal)))
                await ReadAsync(client, lines, last.Trim(), orContinuation: false);
            if (commands[^1] is not ("COMPRESS DEFLATE" or "STARTTLS" or "LOGOUT"))
            {
                // What is told late is told here
                await client.Socket.SendAsync("z NOOP\r\n");
                await ReadAsync(client, lines, "z", orContinuation: false);
            }
        }

        if (Array.Exists(commands, Changes))
        {
            lines.AddRange(await SendAllAsync(
                "EXAMINE Work", "UID FETCH 1:* (FLAGS)", "STATUS Other (MESSAGES UIDNEXT UNSEEN)", "LIST \"\" * RETURN (SUBSCRIBED)",
                "GETMETADATA Work (/private/comment)", "GETACL Work", "UNSELECT"));
        }

        return lines;
    }

    // Puts back what a run has changed
    private async Task ResetAsync(string[] next)
    {
        var changed = _last;
        _last = next;
        if (!Array.Exists(changed, Changes))
            return;
        await SendAllAsync("DELETE Work", "UNSUBSCRIBE Work", "CREATE Work", "EXAMINE Template", "UID COPY 1:* Work");
        if (Array.Exists(changed, static command => command.Contains("Other", StringComparison.Ordinal)))
            await SendAllAsync("DELETE Other", "CREATE Other", "SUBSCRIBE Other");
        if (Array.Exists(changed, static command => command.Contains("New", StringComparison.Ordinal)))
            await SendAllAsync("DELETE New", "DELETE Newer", "UNSUBSCRIBE New");

        // Nobody is to find \Recent: whether somebody looked before is one of the things that differ
        await SendAllAsync("SELECT Work", "UNSELECT");
    }

    private static bool Changes(string command) => Array.Exists(ChangingCommands, name => command.StartsWith(name, StringComparison.Ordinal));

    private async Task<List<string>> SendAllAsync(params string[] commands)
    {
        await control.Socket.SendAsync(string.Concat(commands.Select(static (command, i) => $"s{i} {command}\r\n")));
        var lines = new List<string>();
        await ReadAsync(control, lines, $"s{commands.Length - 1}", orContinuation: false);
        return lines;
    }

    private Task<ImapClient> OpenAsync() =>
        state == PairState.NotAuthenticated ? fixture.ConnectAsync() : user.LogInAsync(state == PairState.Selected ? "SELECT Work" : null);

    private static async Task SendAsync(ImapClient client, StringBuilder pending)
    {
        if (pending.Length > 0)
            await client.Socket.SendAsync(pending.ToString());
        pending.Clear();
    }

    // True when the command of that tag was answered, false when it is to go on.
    private static async Task<bool> ReadAsync(ImapClient client, List<string> lines, string tag, bool orContinuation)
    {
        // The continuation request that counts is one for this command
        var previous = tag is "a1" && orContinuation && !lines.Exists(static line => line.StartsWith("a0 ", StringComparison.Ordinal)) ? "a0 " : null;
        while (true)
        {
            var line = await client.Socket.LineAsync();
            if (line is null)
            {
                lines.Add("(end)");
                return true;
            }

            lines.Add(Changing.Replace(line, "#"));
            if (previous is not null)
                previous = line.StartsWith(previous, StringComparison.Ordinal) ? null : previous;
            else if (orContinuation && line.StartsWith('+'))
                return false;
            if (line.StartsWith(tag + " ", StringComparison.Ordinal))
                return true;
        }
    }
}
