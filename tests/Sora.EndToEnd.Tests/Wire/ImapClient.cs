using System.Globalization;
using System.Text;

namespace Sora.EndToEnd.Tests.Wire;

/// <summary>All responses to one command; the last one is tagged.</summary>
internal sealed record ImapAnswer(IReadOnlyList<ImapResponse> Untagged, ImapResponse Tagged)
{
    public bool IsOk => Tagged.Status == "OK";

    public IEnumerable<ImapResponse> Of(string name) => Untagged.Where(response => response.Name == name);

    /// <summary>The numbers of the SEARCH response.</summary>
    public IEnumerable<uint> Found => Of("SEARCH").SelectMany(static response => response.Values.Skip(1)).Select(static value => value.Number);
}

/// <summary>A strict IMAP client that runs one command after the other and keeps a model of its view.</summary>
internal sealed class ImapClient : IDisposable
{
    private readonly LineConnection _connection;
    private int _tag;
    private string _idleTag = "";

    private ImapClient(LineConnection connection) => _connection = connection;

    /// <summary>The selected mailbox as the responses describe it.</summary>
    public MailboxView View { get; private set; } = new();

    public static async Task<ImapClient> ConnectAsync(int port, bool tls = false)
    {
        var client = new ImapClient(await LineConnection.ConnectAsync(port, tls));
        var greeting = await client.ReadAsync();
        (greeting.Tag, greeting.Status).ShouldBe(("*", "OK"));
        return client;
    }

    public static async Task<ImapClient> LoginAsync(int port, string user, string password)
    {
        var client = await ConnectAsync(port);
        await client.OkAsync($"LOGIN {user} {password}");
        return client;
    }

    /// <summary>Logs in and selects INBOX, of which the UIDs and flags are fetched.</summary>
    public static async Task<ImapClient> OpenInboxAsync(int port, string user, string password)
    {
        var client = await LoginAsync(port, user, password);
        await client.SelectAsync("INBOX");
        return client;
    }

    public async Task<ImapAnswer> SelectAsync(string mailbox)
    {
        View = new MailboxView();
        var answer = await OkAsync("SELECT " + mailbox);
        if (View.Uids.Count > 0)
            await OkAsync("FETCH 1:* (UID FLAGS)");
        return answer;
    }

    /// <summary>Runs a command that must be answered OK.</summary>
    public async Task<ImapAnswer> OkAsync(string command)
    {
        var answer = await RunAsync(command);
        answer.IsOk.ShouldBeTrue($"{command}: {answer.Tagged}");
        return answer;
    }

    public async Task<ImapAnswer> RunAsync(string command)
    {
        var tag = NextTag();
        await _connection.WriteAsync($"{tag} {command}\r\n");
        return await AnswerAsync(tag, MayExpunge(command));
    }

    /// <summary>APPEND of one message; the UID it got (RFC 4315).</summary>
    public async Task<uint> AppendAsync(string mailbox, ReadOnlyMemory<byte> message, string flagsAndDate = "")
    {
        var answer = await TryAppendAsync(mailbox, message, flagsAndDate);
        answer.IsOk.ShouldBeTrue("APPEND: " + answer.Tagged);
        answer.Tagged.Code.ShouldBe("APPENDUID");
        return uint.Parse(answer.Tagged.CodeData.Split(' ')[1], CultureInfo.InvariantCulture);
    }

    public async Task<ImapAnswer> TryAppendAsync(string mailbox, ReadOnlyMemory<byte> message, string flagsAndDate = "")
    {
        var tag = NextTag();
        await _connection.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"{tag} APPEND {mailbox} {flagsAndDate}{{{message.Length}}}\r\n"));
        if (await ContinuationAsync(tag) is { } refusal)
            return refusal;
        await _connection.WriteAsync(message);
        await _connection.WriteAsync("\r\n");
        return await AnswerAsync(tag, mayExpunge: true);
    }

    /// <summary>UID FETCH of one item of one message, which must be there.</summary>
    public async Task<byte[]> FetchAsync(uint uid, string item, string? answeredAs = null)
    {
        var answer = await OkAsync($"UID FETCH {uid} ({item})");
        return answer.Of("FETCH").Single(response => response.Item("UID")?.Number == uid).Item(answeredAs ?? item.Replace(".PEEK", "", StringComparison.Ordinal))!.Bytes;
    }

    public async Task BeginIdleAsync()
    {
        _idleTag = NextTag();
        await _connection.WriteAsync(_idleTag + " IDLE\r\n");
        (await ContinuationAsync(_idleTag)).ShouldBeNull("IDLE was refused");
    }

    public async Task EndIdleAsync()
    {
        await _connection.WriteAsync("DONE\r\n");
        var answer = await AnswerAsync(_idleTag, mayExpunge: true);
        answer.IsOk.ShouldBeTrue(answer.Tagged.ToString());
    }

    /// <summary>One more response while IDLE runs.</summary>
    public async Task<ImapResponse> ReadUntaggedAsync()
    {
        var response = await ReadAsync();
        response.Tag.ShouldBe("*", response.ToString());
        View.Apply(response, mayExpunge: true);
        return response;
    }

    public async Task<string> ReadToEndAsync() => await _connection.ReadToEndAsync();

    public void Dispose() => _connection.Dispose();

    private static bool MayExpunge(string command) =>
        !(command.StartsWith("FETCH ", StringComparison.Ordinal) || command.StartsWith("STORE ", StringComparison.Ordinal)
            || command.StartsWith("SEARCH ", StringComparison.Ordinal));

    private string NextTag() => string.Create(CultureInfo.InvariantCulture, $"t{++_tag}");

    // Null for the continuation, or the answer that came instead
    private async Task<ImapAnswer?> ContinuationAsync(string tag)
    {
        var untagged = new List<ImapResponse>();
        while (true)
        {
            var response = await ReadAsync();
            if (response.Tag == "+")
                return null;
            if (response.Tag == tag)
                return new ImapAnswer(untagged, response);
            response.Tag.ShouldBe("*", response.ToString());
            View.Apply(response, mayExpunge: true);
            untagged.Add(response);
        }
    }

    private async Task<ImapAnswer> AnswerAsync(string tag, bool mayExpunge)
    {
        var untagged = new List<ImapResponse>();
        while (true)
        {
            var response = await ReadAsync();
            if (response.Tag == tag)
                return new ImapAnswer(untagged, response);
            response.Tag.ShouldBe("*", response.ToString());
            View.Apply(response, mayExpunge);
            untagged.Add(response);
        }
    }

    // A line, and as long as it announces a literal, that and one line more
    private async Task<ImapResponse> ReadAsync()
    {
        var line = await _connection.ReadLineAsync();
        if (IsStatus(line) || LiteralOf(line) < 0)
            return ImapResponse.Parse(line);
        var whole = new MemoryStream();
        whole.Write(line);
        while (LiteralOf(line) is >= 0 and var length)
        {
            var literal = new byte[length];
            await _connection.ReadExactlyAsync(literal);
            line = await _connection.ReadLineAsync();
            whole.Write("\r\n"u8);
            whole.Write(literal);
            whole.Write(line);
        }

        return ImapResponse.Parse(whole.ToArray());
    }

    private static bool IsStatus(ReadOnlySpan<byte> line) => !line.StartsWith("* "u8) || line.StartsWith("* OK"u8) || line.StartsWith("* BYE"u8);

    private static int LiteralOf(ReadOnlySpan<byte> line)
    {
        var open = line.LastIndexOf((byte)'{');
        return open >= 0 && line[^1] == '}' && int.TryParse(line[(open + 1)..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            ? length
            : -1;
    }
}
