using System.Buffers;
using Sora.Configuration;

namespace Sora.Mailstore.Storage.Embedded;

/// <summary>Section <c>[database.embedded_server]</c>: the private PostgreSQL that Sora runs when <c>database.embedded</c> is set.</summary>
[Section("The private PostgreSQL of database.embedded")]
public sealed class EmbeddedPostgresOptions : IValidatableOptions
{
    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_.");

    [Option("Folder of the programs postgres and initdb; when not set, the newest version from 14 on that is found", Example = "/usr/lib/postgresql/17/bin")]
    public string? PostgresBin { get; set; }

    [Option("System user that PostgreSQL runs as when Sora runs as root; when not set, postgres, or else nobody", Example = "postgres")]
    public string? RunAs { get; set; }

    [Option("Folder of the Unix socket; when not set, in the data folder, or a short private one where that path is too long", Example = "/run/sora")]
    public string? SocketFolder { get; set; }

    [Option("Memory for shared buffers")]
    [OptionRange("16MiB", "64GiB")]
    public ByteSize SharedBuffers { get; set; } = ByteSize.MiB(256);

    [Option("Most connections; must cover both pools")]
    [OptionRange(20, 2000)]
    public int MaxConnections { get; set; } = 100;

    [Option("Write-ahead log kept between checkpoints")]
    [OptionRange("64MiB", "64GiB")]
    public ByteSize MaxWalSize { get; set; } = ByteSize.GiB(1);

    [Option("Make every commit durable before it is answered; false loses mail when the machine crashes and is for tests only")]
    public bool Durable { get; set; } = true;

    [Option("More settings for postgresql.conf, as name = value; they win over those above", Example = "[\"work_mem = 16MB\"]")]
    public IReadOnlyList<string> Settings { get; set; } = [];

    [Option("Longest wait for the server to start, including recovery after a crash")]
    [OptionRange("5s", "1h")]
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromMinutes(2);

    [Option("Longest wait for the server to stop in an orderly way; after that it is ended and recovers at the next start")]
    [OptionRange("1s", "10m")]
    public TimeSpan StopTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        foreach (var setting in Settings)
        {
            var equals = setting.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || setting.Contains('\n', StringComparison.Ordinal)
                || setting.AsSpan(0, equals).Trim().ContainsAnyExcept(NameCharacters))
            {
                yield return $"settings has '{setting}', which is not of the form name = value";
            }
        }

        if (SocketFolder is not null && !SocketFolderChoice.Fits(SocketFolder))
            yield return "socket_folder must be an absolute path of at most 90 bytes without comma, colon or quote";
    }
}
