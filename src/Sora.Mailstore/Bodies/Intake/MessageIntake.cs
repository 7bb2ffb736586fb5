using System.Buffers;
using Sora.Contracts;
using Sora.Mime;

namespace Sora.Mailstore.Bodies.Intake;

/// <summary>
/// One arriving message. A small one is only copied as it comes, and hashed and parsed at its end; of a larger one each full segment
/// is hashed and parsed at once, and beyond the memory limit the segments go to a file.
/// </summary>
/// <param name="mayConvert">False for a message that was converted already, or is to be stored as it came.</param>
internal sealed class MessageIntake(MessageIntakes owner, long maxSize, long sizeHint, MailError? failure, bool mayConvert = true) : IMessageIntake
{
    private const int FirstSegment = 8 * 1024;
    private const int SegmentSize = 64 * 1024;
    private const int SpillSegments = 4;

    private readonly List<byte[]> _full = [];
    private byte[]? _segment;
    private bool _isExact; // the segment is as long as the message was announced to be, and not from the pool
    private int _used;
    private MessageParser? _parser;
    private StagedFile? _file;
    private MailError? _failure = failure;
    private bool _isOver;

    public long Length { get; private set; }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isOver, this);
        Length += bytes.Length;
        if (Length > maxSize && _failure is null)
            Fail(new MailError(MailErrorCode.TooBig, "The message is too big"));
        if (_failure is not null)
            return ValueTask.CompletedTask;
        var rest = bytes;
        while (true)
        {
            rest = rest[Fill(rest.Span)..];
            if (rest.IsEmpty)
                return ValueTask.CompletedTask;
            EndSegment();
            if (MustSpill)
                return SpillAsync(rest, cancellationToken);
        }
    }

    public async ValueTask<MailResult<IngestedMessage>> CompleteAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isOver, this);
        try
        {
            if (_failure is null && !owner.Space.HasRoomFor(_file is null ? Length : 0))
                Fail(owner.Full());
            if (_failure is not null)
                return _failure;
            var parsed = Parse();
            if (parsed.HasNul && mayConvert)
                return await ConvertAsync(parsed, cancellationToken);
            return owner.PlaceOf(Length) switch
            {
                StagingPlace.Database => await ToDatabaseAsync(parsed, cancellationToken),
                StagingPlace.Object => await ToObjectAsync(parsed, cancellationToken),
                _ => await ToFileAsync(parsed, cancellationToken),
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Unwritable(e);
        }
        finally
        {
            Discard();
            _isOver = true;
        }
    }

    public ValueTask DisposeAsync()
    {
        Discard();
        _isOver = true;
        return ValueTask.CompletedTask;
    }

    private bool MustSpill => _full.Count >= (_file is null ? Math.Max(1, owner.Options.MemoryBuffer.Bytes / SegmentSize) : SpillSegments);

    private int Fill(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return 0;
        var room = (_segment?.Length ?? 0) - _used;
        if (room < bytes.Length && (_segment is null || _segment.Length < SegmentSize))
            room = Grow(bytes.Length) - _used;
        var count = Math.Min(room, bytes.Length);
        bytes[..count].CopyTo(_segment.AsSpan(_used));
        _used += count;
        return count;
    }

    // A message that comes as announced needs no other array than the one that is sent to the database.
    private int Grow(int needed)
    {
        if (_segment is null && _full.Count == 0 && sizeHint >= needed && sizeHint < SegmentSize && owner.PlaceOf(sizeHint) == StagingPlace.Database)
        {
            _isExact = true;
            _segment = GC.AllocateUninitializedArray<byte>((int)sizeHint);
            return _segment.Length;
        }

        var wanted = _full.Count > 0 || sizeHint >= SegmentSize ? SegmentSize : Math.Clamp((long)_used + needed, FirstSegment, SegmentSize);
        var larger = ArrayPool<byte>.Shared.Rent((int)wanted);
        if (_segment is not null)
        {
            _segment.AsSpan(0, _used).CopyTo(larger);
            ReturnSegment();
        }

        _segment = larger;
        return larger.Length;
    }

    // The pool's arrays may be longer than asked for: full is full to their end.
    private void EndSegment()
    {
        _parser ??= owner.Parsers.Rent();
        _parser.Write(_segment.AsSpan(0, _used));
        _full.Add(_segment!);
        _segment = null;
        _used = 0;
    }

    private async ValueTask SpillAsync(ReadOnlyMemory<byte> rest, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                if (MustSpill)
                    await WriteFullAsync(cancellationToken);
                if (_failure is not null)
                    return;
                rest = rest[Fill(rest.Span)..];
                if (rest.IsEmpty)
                    return;
                EndSegment();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fail(Unwritable(e));
        }
    }

    private async ValueTask WriteFullAsync(CancellationToken cancellationToken)
    {
        if (!owner.Space.HasRoomFor(0))
        {
            Fail(owner.Full());
            return;
        }

        _file ??= owner.Folder.Create();
        var buffers = new ReadOnlyMemory<byte>[_full.Count];
        for (var i = 0; i < buffers.Length; i++)
            buffers[i] = _full[i];
        await WriteAsync(buffers, cancellationToken);
    }

    private async ValueTask WriteAsync(ReadOnlyMemory<byte>[] buffers, CancellationToken cancellationToken)
    {
        var before = _file!.Length;
        await _file.WriteAsync(buffers, cancellationToken);
        owner.Space.AddInFlight(_file.Length - before);
        ReturnFull();
    }

    private ParsedMessage Parse()
    {
        var last = _segment.AsSpan(0, _used);
        if (_parser is not null)
        {
            _parser.Write(last);
            return _parser.Complete();
        }

        _parser = owner.Parsers.Rent();
        return _parser.Parse(last);
    }

    // The message is stored as every client can read it (docs/decisions/0013-append-stores-no-nul.md).
    private async ValueTask<MailResult<IngestedMessage>> ConvertAsync(ParsedMessage parsed, CancellationToken cancellationToken)
    {
        var root = MimeMessage.DeserializeStructure(parsed.Structure);
        await using var converted = new MessageIntake(owner, long.MaxValue, 0, null, mayConvert: false);
        await new NulConversion(root, Length, ReadAsync, converted).RunAsync(cancellationToken);
        return await converted.CompleteAsync(cancellationToken);
    }

    // What was written, wherever it is by now.
    private ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var inFile = _file?.Length ?? 0;
        if (offset < inFile)
            return RandomAccess.ReadAsync(_file!.Handle, buffer, offset, cancellationToken);
        var at = offset - inFile;
        foreach (var segment in _full)
        {
            if (at < segment.Length)
                return ValueTask.FromResult(Copy(segment.AsSpan((int)at)));
            at -= segment.Length;
        }

        return ValueTask.FromResult(Copy(_segment.AsSpan((int)at, _used - (int)at)));

        int Copy(ReadOnlySpan<byte> from)
        {
            var count = Math.Min(from.Length, buffer.Length);
            from[..count].CopyTo(buffer.Span);
            return count;
        }
    }

    private async ValueTask<MailResult<IngestedMessage>> ToDatabaseAsync(ParsedMessage parsed, CancellationToken cancellationToken)
    {
        var memory = Length > owner.Options.MemoryBuffer.Bytes ? Length : 0;
        if (memory > owner.Options.DatabaseStagingMemory.Bytes)
            return new MailError(MailErrorCode.TooBig, "The message is too big");
        if (!owner.TryTakeDatabaseMemory(memory))
        {
            owner.Metrics.Refused("memory");
            return MailError.Unavailable("Too many large messages at the moment");
        }

        var isStaged = false;
        try
        {
            byte[] body;
            if (_isExact && _full.Count == 0 && _segment!.Length == Length)
            {
                body = _segment;
            }
            else
            {
                body = GC.AllocateUninitializedArray<byte>((int)Length);
                await CopyToAsync(body, cancellationToken);
            }

            if (!owner.Space.TryAdd(Length))
                return owner.Full();
            isStaged = true;
            owner.Metrics.Staged("database");
            return new MessageInStaging(owner, parsed, Length) { Body = body, DatabaseMemory = memory };
        }
        finally
        {
            if (!isStaged)
                owner.ReturnDatabaseMemory(memory);
        }
    }

    private async ValueTask CopyToAsync(byte[] body, CancellationToken cancellationToken)
    {
        var position = 0;
        while (_file is not null && position < _file.Length)
        {
            var count = await RandomAccess.ReadAsync(_file.Handle, body.AsMemory(position, (int)_file.Length - position), position, cancellationToken);
            if (count == 0)
                throw new IOException("A staged file is shorter than what was written to it");
            position += count;
        }

        foreach (var segment in _full)
        {
            segment.CopyTo(body, position);
            position += segment.Length;
        }

        _segment.AsSpan(0, _used).CopyTo(body.AsSpan(position));
    }

    // In the database instead when the store does not take it: so deliveries go on, and no single node is needed to have the message.
    private async ValueTask<MailResult<IngestedMessage>> ToObjectAsync(ParsedMessage parsed, CancellationToken cancellationToken)
    {
        await WriteRestAsync(cancellationToken);
        if (!await owner.Objects!.TryPutAsync(parsed.Hash, owner.Folder.FullName(_file!.Name), Length, cancellationToken))
        {
            if (Length <= owner.Options.DatabaseStagingMemory.Bytes)
                return await ToDatabaseAsync(parsed, cancellationToken);
            owner.Metrics.Refused("object-store");
            return MailError.Unavailable("The object store does not answer, and the message is too big for anywhere else");
        }

        var file = TakeFile();
        owner.Metrics.Staged("object");
        return new MessageInStaging(owner, parsed, Length) { LocalFile = file };
    }

    private async ValueTask WriteRestAsync(CancellationToken cancellationToken)
    {
        _file ??= owner.Folder.Create();
        var buffers = new List<ReadOnlyMemory<byte>>(_full.Count + 1);
        foreach (var segment in _full)
            buffers.Add(segment);
        if (_used > 0)
            buffers.Add(_segment.AsMemory(0, _used));
        if (buffers.Count > 0)
            await WriteAsync([.. buffers], cancellationToken);
        _used = 0;
        if (_file.Length != Length)
            throw new IOException("A staged file is not as long as its message");
    }

    // From here on the file is the message's.
    private string TakeFile()
    {
        var file = _file!;
        _file = null;
        owner.Space.AddInFlight(-file.Length);
        file.Dispose();
        return file.Name;
    }

    private async ValueTask<MailResult<IngestedMessage>> ToFileAsync(ParsedMessage parsed, CancellationToken cancellationToken)
    {
        await WriteRestAsync(cancellationToken);

        // From here on the caller's patience does not count: the file is closed only when the disk is done with it.
        await owner.Folder.MakeDurableAsync(_file!);
        CrashPoints.Reach(CrashPoints.Staged);
        if (!owner.Space.TryAdd(Length))
            return owner.Full();
        owner.Metrics.Staged("disk");
        return new MessageInStaging(owner, parsed, Length) { Path = TakeFile(), Node = owner.Folder.Node };
    }

    private MailError Unwritable(Exception e)
    {
        if (_failure is not null)
            return _failure;
        Log.StagingFailed(owner.Logger, e);
        owner.Metrics.Refused("error");
        return MailError.Unavailable();
    }

    // The rest of the message is counted, not kept.
    private void Fail(MailError error)
    {
        _failure = error;
        Discard();
    }

    private void Discard()
    {
        ReturnFull();
        if (_segment is not null)
            ReturnSegment();
        _segment = null;
        _used = 0;
        if (_parser is not null)
            owner.Parsers.Return(_parser);
        _parser = null;
        if (_file is not { } file)
            return;
        _file = null;
        owner.Space.AddInFlight(-file.Length);
        try
        {
            owner.Folder.Discard(file);
        }
        catch (IOException e)
        {
            Log.DeleteFailed(owner.Logger, file.Name, e);
        }
    }

    private void ReturnFull()
    {
        foreach (var segment in _full)
            ArrayPool<byte>.Shared.Return(segment);
        _full.Clear();
    }

    private void ReturnSegment()
    {
        if (!_isExact)
            ArrayPool<byte>.Shared.Return(_segment!);
        _isExact = false;
    }
}
