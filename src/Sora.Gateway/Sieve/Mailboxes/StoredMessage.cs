using Sora.Contracts;
using Sora.Mime;
using Sora.Sieve;

namespace Sora.Gateway.Sieve.Mailboxes;

/// <summary>A message that is in a mailbox, as scripts see it: whole, its trace fields included. Its body is opened when something of it is read.</summary>
internal sealed class StoredMessage : SieveMessage, IAsyncDisposable
{
    // Longer headers are not changed by scripts, and their ends are not seen
    private const int MaxHeader = 1024 * 1024;

    private readonly IMessageStore _store;
    private readonly MessageContent _content;
    private IMessageBody? _body;
    private ReadOnlyMemory<byte> _header;
    private bool _isTruncated;

    private StoredMessage(IMessageStore store, MessageContent content)
    {
        _store = store;
        _content = content;
        Root = MimeMessage.DeserializeStructure(content.Structure!.Value.Span, content.Prefix.Length);
    }

    /// <exception cref="BodyUnavailableException">The header is not kept beside the body, and that cannot be read.</exception>
    public static async ValueTask<StoredMessage> OpenAsync(IMessageStore store, MessageContent content, CancellationToken cancellationToken)
    {
        var message = new StoredMessage(store, content);
        if (content.Header is { } known)
        {
            message._header = content.Prefix.IsEmpty ? known : (byte[])[.. content.Prefix.Span, .. known.Span];
            return message;
        }

        try
        {
            var header = new byte[Math.Min(message.Root.BodyStart, MaxHeader)];
            var length = 0;
            for (int count; length < header.Length && (count = await message.ReadAsync(length, header.AsMemory(length), cancellationToken)) > 0;)
                length += count;
            message._header = header.AsMemory(0, length);
            message._isTruncated = message.Root.BodyStart > length;
            return message;
        }
        catch
        {
            await message.DisposeAsync();
            throw;
        }
    }

    public override long Size => _content.Size;

    public override ReadOnlyMemory<byte> Header => _header;

    public override bool HeaderTruncated => _isTruncated;

    public override MimePart Root { get; }

    public override async ValueTask<int> ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        _body ??= await _store.OpenAsync(_content, cancellationToken);
        return await _body.ReadAsync(offset, destination, cancellationToken);
    }

    /// <summary>The message in the form in which it would arrive, for what sends and makes messages because of it.</summary>
    public IngestedMessage AsArrived() => new Arrived(this)
    {
        Hash = _content.Hash,
        Size = Size,
        Header = Header,
        HeaderTruncated = HeaderTruncated,
        Envelope = _content.Envelope ?? ReadOnlyMemory<byte>.Empty,
        Structure = _content.Structure!.Value,
        MessageId = HeaderText("Message-ID"u8),
    };

    /// <summary>A field's value, unfolded; null when there is none.</summary>
    public string? HeaderText(ReadOnlySpan<byte> name) =>
        HeaderFields.TryFind(Header.Span, name, out var field) ? System.Text.Encoding.UTF8.GetString(field.Unfold()).Trim() : null;

    /// <summary>The reverse-path of its delivery, as far as that is known: empty for the null one, null when there is none.</summary>
    public string? ReversePath => PathOf("Return-Path"u8);

    /// <summary>The address that it was delivered to; null when it does not say.</summary>
    public string? ForwardPath => PathOf("Delivered-To"u8);

    public ValueTask DisposeAsync() => _body?.DisposeAsync() ?? default;

    private string? PathOf(ReadOnlySpan<byte> field)
    {
        if (HeaderText(field) is not { } text)
            return null;
        var path = text is ['<', .. var inner, '>'] ? inner.Trim() : text;
        return path.Length == 0 || SieveAddress.TryParse(path, out _) ? path : null;
    }

    // Its owner disposes the body
    private sealed class Arrived(StoredMessage message) : IngestedMessage
    {
        public override ValueTask<int> ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
            message.ReadAsync(offset, destination, cancellationToken);

        public override ValueTask DisposeAsync() => default;
    }
}
