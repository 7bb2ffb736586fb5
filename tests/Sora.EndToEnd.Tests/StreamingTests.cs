using System.Globalization;
using System.Text;
using Sora.EndToEnd.Tests.Servers;
using Sora.EndToEnd.Tests.Wire;

namespace Sora.EndToEnd.Tests;

/// <summary>Large messages pass through the server without being in its memory.</summary>
public sealed class StreamingTests : IAsyncLifetime
{
    private const int Blocks = 100;
    private const int BlockSize = 1024 * 1024;
    private const long Budget = 4 * 1024 * 1024; // for each connection that has a message under way
    private const int Attempts = 8; // the collector's own habits make a measurement worse, never better

    private static readonly byte[] Base64Line = [.. Enumerable.Repeat((byte)'A', 76), (byte)'\r', (byte)'\n'];
    private static readonly byte[] BinaryLine = [.. Enumerable.Repeat((byte)0, 62), (byte)'\r', (byte)'\n'];

    private readonly byte[] _block = MakeBlock();
    private SoraProcess _sora = null!;

    public async Task InitializeAsync() => _sora = 
        // Indexing has its own memory, which is not the connection's
        await SoraProcess.StartAsync("imap.append_limit=200MiB", "search.enabled=false");

    public async Task DisposeAsync() => await _sora.DisposeAsync();

    [Fact]
    public async Task A_message_of_100_MiB_moves_with_at_most_4_MiB_of_memory()
    {
        using var client = await LogInAsync();
        await AppendAsync(client, 5);
        await FetchAsync(client, 5);
        await MeasureAsync("APPEND", 1, () => AppendAsync(client, Blocks));
        await MeasureAsync("FETCH", 1, () => FetchAsync(client, Blocks));
        await MeasureAsync("CATENATE", 1, () => RunAsync(client, "APPEND INBOX CATENATE (URL \"/INBOX/;UID=2\")"));
        await MeasureAsync("a slow reader beside a quick one", 2, async () =>
        {
            await FetchAsync(client, Blocks, async () =>
            {
                // While this one takes nothing more, another client gets all of the same message
                using var other = await LogInAsync();
                await FetchAsync(other, Blocks);
            });
        });
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task Neither_tls_nor_compression_holds_more_of_it(bool tls, bool compressed)
    {
        using var client = await LogInAsync(tls);
        if (compressed)
        {
            await RunAsync(client, "COMPRESS DEFLATE");
            client.StartDeflate();
        }

        await AppendAsync(client, 5);
        await FetchAsync(client, 5);
        await MeasureAsync("APPEND", 1, () => AppendAsync(client, Blocks));
        await MeasureAsync("FETCH", 1, () => FetchAsync(client, Blocks));
    }

    [Fact]
    public async Task Messages_that_are_decoded_replaced_and_converted_pass_through_too()
    {
        using var client = await LogInAsync();
        await SendAsync(client, "APPEND INBOX ", "Content-Transfer-Encoding: base64\r\n\r\n", Base64Line, 5);
        await FetchBinaryAsync(client);
        await SendAsync(client, "APPEND INBOX ", "Content-Transfer-Encoding: base64\r\n\r\n", Base64Line, Blocks);
        await MeasureAsync("BINARY", 1, () => FetchBinaryAsync(client));
        await MeasureAsync("BINARY.SIZE", 1, () => RunAsync(client, "FETCH * BINARY.SIZE[1]"));
        await SendAsync(client, "APPEND INBOX ", "Subject: to be replaced\r\n\r\n", Base64Line, 1);
        await MeasureAsync("REPLACE", 1, () => SendAsync(client, "REPLACE * INBOX ", "Subject: new\r\n\r\n", Base64Line, Blocks));
        await MeasureAsync("REPLACE with CATENATE", 1, () => RunAsync(client, "REPLACE * INBOX CATENATE (URL \"/INBOX/;UID=2/;SECTION=TEXT\")"));
        await MeasureAsync("APPEND of a literal8 with NULs", 1, () => SendAsync(client, "APPEND INBOX ~", "Content-Transfer-Encoding: binary\r\n\r\n", BinaryLine, Blocks));
        await MeasureAsync("MULTIAPPEND", 1, async () =>
        {
            var half = Blocks / 2 * BlockSize;
            await client.WriteAsync($"a APPEND INBOX {{{half}+}}\r\n");
            await WriteAsync(client, _block, half);
            await client.WriteAsync($" {{{half}+}}\r\n");
            await WriteAsync(client, _block, half);
            await EndAsync(client, "\r\n");
        });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whoever_sends_ten_thousand_commands_and_reads_nothing_stops_itself_alone(bool tls)
    {
        const int Commands = 10_000;
        const int Messages = 60;
        using var client = await LogInAsync(tls);
        for (var i = 1; i <= Messages; i++)
            await RunAsync(client, $"APPEND INBOX (\\Flagged $Forwarded $Phishing $Important) {{14+}}\r\nSubject: x\r\n\r\n");
        using var other = await LogInAsync();
        await MeasureAsync("a reader that stands still", 2, async () =>
        {
            // 90 bytes for each message: some 50 MB of answers, and 400 KB of commands
            var sending = client.WriteAsync(string.Concat(Enumerable.Range(0, Commands).Select(i => $"c{i} UID FETCH 1:{Messages} (UID FLAGS)\r\n")));
            for (var i = 0; i < 300; i++)
                await RunAsync(other, $"UID FETCH 1:{Messages} (UID FLAGS)");
            for (var next = 0; next < Commands;)
            {
                var line = Encoding.ASCII.GetString(await client.ReadLineAsync());
                if (line.StartsWith('*'))
                    continue;
                line.ShouldStartWith($"c{next++} OK");
            }

            await sending;
        });
    }

    private async Task MeasureAsync(string what, int connections, Func<Task> work)
    {
        var best = long.MaxValue;
        for (var attempt = 0; attempt < Attempts && best > connections * Budget; attempt++)
        {
            var before = MemoryOf(_sora.Pid);
            var peak = before;
            using var over = new CancellationTokenSource();
            var sampling = Task.Run(async () =>
            {
                using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
                while (!over.IsCancellationRequested && await timer.WaitForNextTickAsync())
                    peak = Math.Max(peak, MemoryOf(_sora.Pid));
            });
            try
            {
                await work();
            }
            finally
            {
                await over.CancelAsync();
                await sampling;
            }

            best = Math.Min(best, peak - before);
        }

        best.ShouldBeLessThanOrEqualTo(connections * Budget, what);
    }

    // Bytes in memory that are no file's
    private static long MemoryOf(int pid)
    {
        foreach (var line in File.ReadLines($"/proc/{pid}/status"))
        {
            if (line.StartsWith("RssAnon:", StringComparison.Ordinal))
                return long.Parse(line[8..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) * 1024;
        }

        throw new InvalidOperationException("The system does not tell a process's memory");
    }

    private async Task<LineConnection> LogInAsync(bool tls = false)
    {
        var client = await LineConnection.ConnectAsync(tls ? _sora.ImapsPort : _sora.ImapPort, tls);
        await client.ReadLineAsync();
        await RunAsync(client, $"LOGIN {_sora.FirstAccount.Address} {_sora.FirstAccount.Password}");
        await RunAsync(client, "SELECT INBOX");
        return client;
    }

    private async Task AppendAsync(LineConnection client, int blocks)
    {
        await client.WriteAsync($"a APPEND INBOX {{{blocks * BlockSize}+}}\r\n");
        for (var i = 0; i < blocks; i++)
            await client.WriteAsync(_block);
        await EndAsync(client, "\r\n");
    }

    // A message of a header and lines that are all the same
    private static async Task SendAsync(LineConnection client, string command, string header, byte[] line, int blocks)
    {
        var lines = blocks * (BlockSize / line.Length);
        await client.WriteAsync($"a {command}{{{header.Length + lines * line.Length}+}}\r\n{header}");
        var block = new byte[BlockSize / line.Length * line.Length];
        for (var at = 0; at < block.Length; at += line.Length)
            line.CopyTo(block, at);
        await WriteAsync(client, block, lines * line.Length);
        await EndAsync(client, "\r\n");
    }

    private static async Task WriteAsync(LineConnection client, byte[] block, int length)
    {
        for (var left = length; left > 0; left -= block.Length)
            await client.WriteAsync(block.AsMemory(0, Math.Min(left, block.Length)));
    }

    // Decoded, the last message is 57 NULs for each of its lines
    private static async Task FetchBinaryAsync(LineConnection client)
    {
        await client.WriteAsync("a FETCH * BINARY.PEEK[1]\r\n");
        var first = Encoding.ASCII.GetString(await client.ReadLineAsync());
        while (!first.Contains("BINARY[1] ~{", StringComparison.Ordinal))
            first = Encoding.ASCII.GetString(await client.ReadLineAsync());
        var left = int.Parse(first[(first.LastIndexOf('{') + 1)..^1], CultureInfo.InvariantCulture);
        (left % 57).ShouldBe(0);
        var block = new byte[BlockSize];
        for (; left > 0; left -= block.Length)
        {
            var part = block.AsMemory(0, Math.Min(left, block.Length));
            await client.ReadExactlyAsync(part);
            part.Span.ContainsAnyExcept((byte)0).ShouldBeFalse();
        }

        await EndAsync(client, "");
    }

    private async Task FetchAsync(LineConnection client, int blocks, Func<Task>? afterTen = null)
    {
        await client.WriteAsync($"a FETCH {(blocks == Blocks ? 2 : 1)} BODY.PEEK[]\r\n");
        var first = Encoding.ASCII.GetString(await client.ReadLineAsync());
        while (!first.EndsWith($"{{{blocks * BlockSize}}}", StringComparison.Ordinal))
            first = Encoding.ASCII.GetString(await client.ReadLineAsync());
        var block = new byte[BlockSize];
        for (var i = 0; i < blocks; i++)
        {
            if (i == 10 && afterTen is not null)
                await afterTen();
            await client.ReadExactlyAsync(block);
            block.AsSpan().SequenceEqual(_block).ShouldBeTrue($"block {i}");
        }

        await EndAsync(client, "");
    }

    private static Task RunAsync(LineConnection client, string command) => EndAsync(client, $"a {command}\r\n");

    private static async Task EndAsync(LineConnection client, string send)
    {
        await client.WriteAsync(send);
        string line;
        do
            line = Encoding.ASCII.GetString(await client.ReadLineAsync());
        while (!line.StartsWith("a ", StringComparison.Ordinal));
        line.ShouldStartWith("a OK");
    }

    // Each block begins with what is a header in the first one
    private static byte[] MakeBlock()
    {
        var block = new byte[BlockSize];
        var random = new Random(100);
        for (var i = 0; i < block.Length; i++)
            block[i] = i % 78 == 76 ? (byte)'\r' : i % 78 == 77 ? (byte)'\n' : (byte)random.Next('a', 'z' + 1);
        "Subject: 100 MiB\r\n\r\n"u8.CopyTo(block);
        return block;
    }
}
