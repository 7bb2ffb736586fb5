using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Sora.Bench.Wire;

/// <summary>Is handed each untagged response, without its "* ".</summary>
internal delegate void UntaggedVisitor(ReadOnlySpan<byte> text, long literalOctets);

/// <summary>How one command went. The times are Stopwatch timestamps, the last two of when bytes arrived.</summary>
internal readonly record struct ImapCompletion(long Start, long FirstByte, long End, long Octets, int Untagged)
{
    public long Elapsed => End - Start;
}

internal sealed class ImapException(string message) : IOException(message);

/// <summary>Just enough of an IMAP client to load a server: one command after the other, or appends in a pipeline.</summary>
internal sealed class ImapClient : IAsyncDisposable
{
    private readonly MailConnection _connection;
    private readonly ImapResponseReader _reader;
    private readonly ArrayBufferWriter<byte> _out = new(512);
    private int _sentTag;
    private int _pendingTag;

    private ImapClient(MailConnection connection)
    {
        _connection = connection;
        _reader = new ImapResponseReader(connection);
    }

    /// <summary>What CAPABILITY said after login, between blanks.</summary>
    public string Capabilities { get; private set; } = " ";

    /// <summary>Messages in the selected mailbox, from the last EXISTS.</summary>
    public int Exists { get; private set; }

    /// <summary>When the last answer's bytes arrived.</summary>
    public long LastReceive => _connection.LastReceive;

    public bool Has(string capability) => Capabilities.Contains(' ' + capability + ' ', StringComparison.OrdinalIgnoreCase);

    /// <summary>Connects, begins TLS as the target says and logs in.</summary>
    public static async Task<ImapClient> LoginAsync(
        Target target, string user, CancellationToken cancellationToken, bool? tls = null, int bufferSize = 16 * 1024)
    {
        var client = await ConnectAsync(target, cancellationToken, tls, bufferSize);
        try
        {
            await client.RunAsync("LOGIN " + Quote(user) + ' ' + Quote(target.Password));
            await client.RunAsync("CAPABILITY", (text, _) =>
            {
                if (text.StartsWith("CAPABILITY "u8))
                {
                    client.Capabilities = Encoding.ASCII.GetString(text["CAPABILITY"u8.Length..]) + ' ';
                }
            });
            return client;
        }
        catch
        {
            client._connection.Dispose();
            throw;
        }
    }

    /// <summary>Connects, begins TLS as the target says and reads the greeting.</summary>
    public static async Task<ImapClient> ConnectAsync(
        Target target, CancellationToken cancellationToken, bool? tls = null, int bufferSize = 16 * 1024)
    {
        var mode = tls switch { true => TlsMode.Implicit, false => TlsMode.None, null => target.Tls };
        var endPoint = mode == TlsMode.Implicit ? target.RequireImaps() : target.RequireImap();
        var connection = await MailConnection.ConnectAsync(
            endPoint, mode == TlsMode.Implicit, target.Timeout, cancellationToken, bufferSize);
        var client = new ImapClient(connection);
        try
        {
            await client._reader.ReadAsync();
            if (!client._reader.Text.StartsWith("OK"u8))
            {
                throw new ImapException("greeting: " + Encoding.UTF8.GetString(client._reader.Text));
            }

            if (mode == TlsMode.StartTls)
            {
                await client.RunAsync("STARTTLS");
                await connection.StartTlsAsync(cancellationToken);
            }

            return client;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public static string Quote(string text) => '"' + text.Replace("\\", @"\\").Replace("\"", "\\\"") + '"';

    /// <summary>Runs a command to its tagged answer; anything but OK is an <see cref="ImapException"/>.</summary>
    public async ValueTask<ImapCompletion> RunAsync(string command, UntaggedVisitor? onUntagged = null)
    {
        BeginCommand(command);
        var before = _connection.BytesReceived;
        var start = Stopwatch.GetTimestamp();
        await FlushAsync();
        var untagged = await ReadTaggedAsync(onUntagged, command);
        return new ImapCompletion(start, _connection.FirstReceive, _connection.LastReceive, _connection.BytesReceived - before, untagged);
    }

    /// <summary>STATUS (MESSAGES) of a mailbox.</summary>
    public async ValueTask<long> CountAsync(string mailbox)
    {
        long count = -1;
        await RunAsync($"STATUS {Quote(mailbox)} (MESSAGES)", (text, _) =>
        {
            var at = text.IndexOf("MESSAGES "u8);
            if (text.StartsWith("STATUS "u8) && at >= 0 && Utf8Parser.TryParse(text[(at + 9)..], out long messages, out int _))
            {
                count = messages;
            }
        });
        return count;
    }

    /// <summary>APPEND of one message, with the literal form the server offers.</summary>
    public async ValueTask<ImapCompletion> AppendAsync(string mailbox, ReadOnlyMemory<byte> message, string attributes = "")
    {
        var synchronizing = !MayStream(message.Length);
        BeginCommand(Invariant($"APPEND {Quote(mailbox)} {attributes}{{{message.Length}{(synchronizing ? "" : "+")}}}"));
        var before = _connection.BytesReceived;
        var start = Stopwatch.GetTimestamp();
        if (synchronizing)
        {
            await FlushAsync();
            await ReadContinuationAsync("APPEND");
        }

        _out.Write(message.Span);
        _out.Write("\r\n"u8);
        await FlushAsync();
        var untagged = await ReadTaggedAsync(null, "APPEND");
        return new ImapCompletion(start, _connection.FirstReceive, _connection.LastReceive, _connection.BytesReceived - before, untagged);
    }

    /// <summary>True when a literal of this size may be sent without waiting for the server (RFC 7888).</summary>
    public bool MayStream(int octets) => Has("LITERAL+") || (octets <= 4096 && (Has("LITERAL-") || Has("IMAP4rev2")));

    /// <summary>
    /// Puts one more message of a pipelined APPEND, or of a MULTIAPPEND (RFC 3502), into the send buffer; literals are streamed.
    /// </summary>
    public void BufferAppend(string mailbox, ReadOnlySpan<byte> message, string attributes, bool continued)
    {
        if (continued)
        {
            WriteAscii(" ");
        }
        else
        {
            WriteTag();
            WriteAscii("APPEND " + Quote(mailbox) + ' ');
        }

        WriteAscii(Invariant($"{attributes}{{{message.Length}+}}\r\n"));
        _out.Write(message);
    }

    public void EndAppend() => _out.Write("\r\n"u8);

    /// <summary>Sends what was buffered; the answers are read by <see cref="ReadAppendedAsync"/>, one per command.</summary>
    public async ValueTask FlushAsync()
    {
        await _connection.WriteAsync(_out.WrittenMemory);
        _out.ResetWrittenCount();
    }

    public async ValueTask ReadAppendedAsync() => await ReadTaggedAsync(null, "APPEND");

    /// <summary>Enters IDLE (RFC 2177) and returns once the server has said so.</summary>
    public async ValueTask BeginIdleAsync()
    {
        BeginCommand("IDLE");
        await FlushAsync();
        await ReadContinuationAsync("IDLE");
    }

    /// <summary>Waits in IDLE for the mailbox to grow beyond <paramref name="known"/>; the time at which the bytes arrived.</summary>
    public async ValueTask<long> WaitForExistsAsync(int known)
    {
        while (true)
        {
            await _reader.ReadAsync();
            Observe(_reader.Text);
            if (Exists > known)
            {
                return _connection.LastReceive;
            }
        }
    }

    public async ValueTask EndIdleAsync()
    {
        await _connection.WriteAsync("DONE\r\n"u8.ToArray());
        await ReadTaggedAsync(null, "IDLE");
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            BeginCommand("LOGOUT");
            await FlushAsync();
            await ReadTaggedAsync(null, "LOGOUT");
        }
        catch (Exception exception) when (exception is IOException or TimeoutException or ObjectDisposedException or System.Net.Sockets.SocketException)
        {
            // Going anyway
        }
        finally
        {
            _connection.Dispose();
        }
    }

    /// <summary>Closes the socket without a word, as most clients do.</summary>
    public void Drop() => _connection.Dispose();

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private void BeginCommand(string command)
    {
        WriteTag();
        WriteAscii(command);
        _out.Write("\r\n"u8);
    }

    private void WriteTag()
    {
        WriteAscii("B");
        _ = Utf8Formatter.TryFormat(++_sentTag, _out.GetSpan(16), out var written);
        _out.Advance(written);
        WriteAscii(" ");
    }

    private void WriteAscii(string text) => Encoding.UTF8.GetBytes(text, _out);

    private async ValueTask ReadContinuationAsync(string command)
    {
        do
        {
            await _reader.ReadAsync();
            if (_reader.Kind == ImapResponseKind.Tagged)
            {
                _pendingTag++;
                throw Failure(command);
            }

            Observe(_reader.Text);
        }
        while (_reader.Kind != ImapResponseKind.Continuation);
    }

    private async ValueTask<int> ReadTaggedAsync(UntaggedVisitor? onUntagged, string command)
    {
        for (var untagged = 0; ; untagged++)
        {
            await _reader.ReadAsync();
            if (_reader.Kind == ImapResponseKind.Tagged)
            {
                return IsOkFor(++_pendingTag, _reader.Text) ? untagged : throw Failure(command);
            }

            Observe(_reader.Text);
            onUntagged?.Invoke(_reader.Text, _reader.LiteralOctets);
        }
    }

    private static bool IsOkFor(int tag, ReadOnlySpan<byte> text)
    {
        var blank = text.IndexOf((byte)' ');
        return blank > 1
            && Utf8Parser.TryParse(text[1..blank], out int number, out var consumed)
            && consumed == blank - 1
            && number == tag
            && text[(blank + 1)..].StartsWith("OK"u8);
    }

    private void Observe(ReadOnlySpan<byte> text)
    {
        if (_reader.Kind != ImapResponseKind.Untagged || !Utf8Parser.TryParse(text, out int number, out var digits))
        {
            return;
        }

        if (text[digits..].SequenceEqual(" EXISTS"u8))
        {
            Exists = number;
        }
        else if (text[digits..].SequenceEqual(" EXPUNGE"u8))
        {
            Exists--;
        }
    }

    private ImapException Failure(string command)
    {
        var verb = command.StartsWith("LOGIN", StringComparison.Ordinal) ? "LOGIN" : command.Length > 60 ? command[..60] : command;
        return new ImapException(verb + " was answered: " + Encoding.UTF8.GetString(_reader.Text));
    }
}
