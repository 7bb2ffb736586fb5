using System.Text;
using System.Text.RegularExpressions;
using Sora.Gateway.Tests.Connections;

namespace Sora.Gateway.Tests.Imap;

/// <summary>
/// Plays transcripts: "C: " lines are sent with CRLF, those in a row in one write; "C. " without CRLF; "S: " lines must come, where "…" stands
/// for anything; "S! " is the end of the connection.
/// </summary>
internal sealed class ImapClient(TestClient socket) : IDisposable
{
    private int _tag;

    public TestClient Socket => socket;

    public async Task PlayAsync(string transcript)
    {
        var toSend = new StringBuilder();
        foreach (var row in transcript.ReplaceLineEndings("\n").Split('\n'))
        {
            if (row.StartsWith("C:", StringComparison.Ordinal))
            {
                toSend.Append(row.Length > 3 ? row[3..] : "").Append("\r\n");
            }
            else if (row.StartsWith("C. ", StringComparison.Ordinal))
            {
                toSend.Append(row[3..]);
            }
            else if (row.StartsWith('S'))
            {
                await SendAsync(toSend);
                var actual = await socket.LineAsync();
                if (row.StartsWith("S!", StringComparison.Ordinal))
                    actual.ShouldBeNull();
                else
                    Check(actual, row.Length > 3 ? row[3..] : "");
            }
            else if (row.Length > 0)
            {
                throw new ArgumentException("Not a transcript line: " + row);
            }
        }

        await SendAsync(toSend);
    }

    /// <summary>Runs a command and gives all lines of the answer, the tagged one last.</summary>
    public async Task<List<string>> RunAsync(string command)
    {
        var tag = $"t{++_tag}";
        await socket.SendAsync($"{tag} {command}\r\n");
        var lines = new List<string>();
        while (true)
        {
            var line = await socket.LineAsync() ?? throw new IOException("Connection closed after: " + string.Join(" | ", lines));
            if (line.StartsWith(tag + " ", StringComparison.Ordinal))
            {
                lines.Add(line[(tag.Length + 1)..]);
                return lines;
            }

            lines.Add(line);
        }
    }

    /// <summary>Runs a command that must succeed; its untagged lines.</summary>
    public async Task<List<string>> DoAsync(string command)
    {
        var lines = await RunAsync(command);
        lines[^1].ShouldStartWith("OK", Case.Sensitive, command);
        lines.RemoveAt(lines.Count - 1);
        return lines;
    }

    public void Dispose() => socket.Dispose();

    private static void Check(string? actual, string expected)
    {
        var pattern = "^" + Regex.Escape(expected).Replace("…", ".*", StringComparison.Ordinal) + "$";
        if (actual is null || !Regex.IsMatch(actual, pattern, RegexOptions.Singleline))
            Assert.Fail($"expected S: {expected}\n     got S: {actual ?? "the end of the connection"}");
    }

    private async Task SendAsync(StringBuilder text)
    {
        if (text.Length == 0)
            return;
        await socket.SendAsync(text.ToString());
        text.Clear();
    }
}
