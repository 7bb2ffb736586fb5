using System.Text.Json;

namespace Sora.Mailstore.Storage.Embedded;

/// <summary>
/// Where a private server listens. The server's user records it in <c>postgres.json</c> of the data folder, for other programs that
/// use the same folder.
/// </summary>
/// <param name="SocketFolder">Folder of the Unix socket.</param>
/// <param name="Port">The number in the socket's name.</param>
/// <param name="User">Database user; the server knows the system user that runs Sora as this user.</param>
/// <param name="Database">Name of the database.</param>
/// <param name="DataFolder">The data folder, to tell a copied record from a valid one.</param>
/// <param name="Settings">A digest of the settings the server was started with.</param>
public sealed record PostgresAddress(string SocketFolder, int Port, string User, string Database, string DataFolder = "", string Settings = "")
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>The record of a running server, or null when none runs (or a damaged one is there).</summary>
    public static PostgresAddress? Read(string dataFolder)
    {
        try
        {
            var address = JsonSerializer.Deserialize<PostgresAddress>(File.ReadAllBytes(PathOf(dataFolder)), Json);
            return address is { SocketFolder: not null, User: not null, Database: not null } ? address : null;
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    internal static string PathOf(string dataFolder) => Path.Combine(dataFolder, "postgres.json");

    internal void Write(string dataFolder)
    {
        // Replaced in one step: a reader sees the old record or the new one
        var next = PathOf(dataFolder) + ".new";
        File.WriteAllBytes(next, JsonSerializer.SerializeToUtf8Bytes(this, Json));
        File.Move(next, PathOf(dataFolder), overwrite: true);
    }
}
