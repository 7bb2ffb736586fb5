using System.Buffers;
using System.Net;
using Sora.Contracts;
using Sora.Gateway.Imap.Fetch;
using Sora.Gateway.Imap.Wire;
using Sora.Mime;

namespace Sora.Gateway.Imap.Append;

/// <summary>What an <see cref="ImapUrl"/> of the session leads to.</summary>
internal sealed class UrlReader(ImapConnection connection)
{
    /// <summary>Opens what the URL names; null when it leads nowhere, or where the user may not read.</summary>
    /// <exception cref="BodyUnavailableException">The body cannot be read.</exception>
    public async ValueTask<UrlSource?> OpenAsync(string text, CancellationToken cancellationToken)
    {
        if (!ImapUrl.TryParse(text, out var url) || !IsHere(url) || await FindAsync(url, cancellationToken).ConfigureAwait(false) is not { } contentId)
            return null;
        List<FetchItem> items = [new FetchItem(FetchKind.Section, url.Section)];
        var contents = await connection.Server.Messages.ReadAsync(new[] { contentId }, ContentParts.Header | ContentParts.Structure, cancellationToken)
            .ConfigureAwait(false);
        if (contents[0] is not { } content)
            return null;
        var source = await MessageSource.OpenAsync(connection.Server.Messages, content, items, cancellationToken).ConfigureAwait(false);
        if (source.TryResolve(url.Section, out var start, out var length))
            return await UrlSource.OfAsync(source, url.Section, start, length, cancellationToken).ConfigureAwait(false);
        await source.DisposeAsync().ConfigureAwait(false);
        return null;
    }

    // A URL with a server in it must name this one, and nobody may resolve a URL of somebody else.
    private bool IsHere(ImapUrl url)
    {
        var identity = connection.Session.Identity;
        if (url.User is { } user && !user.Equals(identity?.PrimaryAddress, StringComparison.OrdinalIgnoreCase))
            return false;
        if (url.Host is null)
            return true;
        var local = connection.Client.Local;
        if (IPEndPoint.TryParse(url.Host, out var address))
            return address.Address.Equals(local.Address) && (address.Port == 0 || address.Port == local.Port);
        var colon = url.Host.LastIndexOf(':');
        var name = colon < 0 ? url.Host : url.Host[..colon];
        return name.Equals("localhost", StringComparison.OrdinalIgnoreCase) ? IPAddress.IsLoopback(local.Address)
            : name.Equals(Dns.GetHostName(), StringComparison.OrdinalIgnoreCase);
    }

    private async ValueTask<ContentId?> FindAsync(ImapUrl url, CancellationToken cancellationToken)
    {
        var selected = connection.Session.Selected;
        if (url.Mailbox is null)
            return selected is not { MayRead: true } ? null : ContentOf(selected.View, url);
        if (Name(url, selected) is not { } name)
            return null;
        var found = await connection.Directory.FindAsync(name, Rights.Read, cancellationToken).ConfigureAwait(false);
        if (!found.IsOk)
            return null;
        if (selected?.Id == found.Value.Id)
            return ContentOf(selected.View, url) ?? ContentOf(selected.Latest, url);
        var opened = await connection.Server.Replicas.OpenAsync(found.Value.Id, cancellationToken).ConfigureAwait(false);
        if (!opened.IsOk)
            return null;
        using var lease = opened.Value;
        return lease.Replica.Current is { } index ? ContentOf(index, url) : null;
    }

    private static ContentId? ContentOf(MailboxIndex index, ImapUrl url)
    {
        if (url.UidValidity is { } validity && validity != index.UidValidity.Value)
            return null;
        var position = index.PositionOf(url.Uid);
        return position < 0 ? null : index[position].Content;
    }

    private static MailboxName? Name(ImapUrl url, SelectedMailbox? selected)
    {
        var name = url.Mailbox!;
        if (url.IsRelativeToMailbox)
        {
            if (selected is null)
                return null;
            var own = selected.Name.Value;
            name = own[..(own.LastIndexOf('/') + 1)] + name;
        }

        var parsed = MailboxName.Parse(name);
        return parsed.IsOk ? parsed.Value : null;
    }
}

/// <summary>A message or a part of one that a URL led to.</summary>
internal sealed class UrlSource : IAsyncDisposable
{
    private const int PieceSize = 64 * 1024;

    private readonly MessageSource _source;
    private readonly long _start;
    private readonly ReadOnlyMemory<byte>? _bytes; // instead of the body's

    private UrlSource(MessageSource source, long start, long length, ReadOnlyMemory<byte>? bytes)
    {
        _source = source;
        _start = start;
        Length = length;
        _bytes = bytes;
    }

    public long Length { get; }

    public static async ValueTask<UrlSource> OfAsync(
        MessageSource source, Section section, long start, long length, CancellationToken cancellationToken)
    {
        if (section.Fields is { } fields)
        {
            var header = await source.ReadHeaderAsync(start, length, cancellationToken).ConfigureAwait(false);
            var filtered = new ArrayBufferWriter<byte>(512);
            HeaderFieldFilter.Write(header.Span, fields, section.IsNot, filtered);
            var (from, count) = section.Slice(filtered.WrittenCount);
            return new UrlSource(source, 0, count, filtered.WrittenMemory.Slice((int)from, (int)count));
        }

        var (skip, size) = section.Slice(length);
        return source.TryHeaderBytes(start, length, out var bytes)
            ? new UrlSource(source, 0, size, bytes.Slice((int)skip, (int)size))
            : new UrlSource(source, start + skip, size, null);
    }

    /// <exception cref="BodyUnavailableException">The body cannot be read.</exception>
    public async ValueTask CopyToAsync(IMessageIntake intake, CancellationToken cancellationToken)
    {
        if (_bytes is { } bytes)
        {
            await intake.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
            return;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(PieceSize);
        try
        {
            for (var at = 0L; at < Length;)
            {
                var memory = buffer.AsMemory(0, (int)Math.Min(Length - at, buffer.Length));
                var read = await _source.Body.ReadAsync(_start + at, memory, cancellationToken).ConfigureAwait(false);
                if (read == 0)
                    throw new BodyUnavailableException("A body is shorter than it should be", temporary: false);
                await intake.WriteAsync(memory[..read], cancellationToken).ConfigureAwait(false);
                at += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();
}
