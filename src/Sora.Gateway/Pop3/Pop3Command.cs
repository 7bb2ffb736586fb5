using Sora.Gateway.Pop3.Responses;
using Sora.Gateway.Pop3.Wire;

namespace Sora.Gateway.Pop3;

/// <summary>One command with its arguments.</summary>
internal abstract class Pop3Command
{
    /// <summary>Runs it. Returns its answer, or null when it has written that itself or the session is over.</summary>
    public abstract ValueTask<Pop3Reply?> ExecuteAsync(Pop3Connection connection, CancellationToken cancellationToken);
}

/// <summary>Reads a command's arguments. Throws <see cref="Pop3SyntaxException"/>.</summary>
internal delegate Pop3Command ParsePop3Command(ref Pop3Arguments arguments);
