using Npgsql;
using Sora.Contracts;

namespace Sora.Mailstore.Storage;

/// <summary>Gives content numbers out of blocks that this process takes from the database's sequence.</summary>
internal sealed class ContentNumbers(NpgsqlDataSource database) : IDisposable
{
    private const int BlockSize = 1000; // INCREMENT BY of the sequence

    private readonly SemaphoreSlim _turn = new(1, 1);
    private long _next;
    private long _end;

    /// <summary>So many numbers, ascending.</summary>
    public async ValueTask<ContentId[]> TakeAsync(int count, CancellationToken cancellationToken)
    {
        var numbers = new ContentId[count];
        await _turn.WaitAsync(cancellationToken);
        try
        {
            for (var i = 0; i < count; i++)
            {
                if (_next == _end)
                {
                    await using var command = database.CreateCommand("SELECT nextval('content_ids')");
                    _next = (long)(await command.ExecuteScalarAsync(cancellationToken))!;
                    _end = _next + BlockSize;
                }

                numbers[i] = new ContentId(_next++);
            }
        }
        finally
        {
            _turn.Release();
        }

        return numbers;
    }

    public void Dispose() => _turn.Dispose();
}
