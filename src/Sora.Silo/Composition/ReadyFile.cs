using System.Text.Json;

namespace Sora.Silo.Composition;

/// <summary>
/// --ready-file: one JSON object that appears, whole, when the server serves: ports (only of what is open: lmtp, lmtps, imap, imaps, pop3, pop3s, managesieve, managesieves, admin),
/// address and password of the first account (null when there is none), pid. It is removed when the server begins to stop.
/// </summary>
internal static class ReadyFile
{
    public static void Write(string path, IReadOnlyDictionary<string, int> ports, FirstAccount? account)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteStartObject("ports");
            foreach (var (name, port) in ports)
                json.WriteNumber(name, port);
            json.WriteEndObject();
            json.WriteString("address", account?.Address);
            json.WriteString("password", account?.Password);
            json.WriteNumber("pid", Environment.ProcessId);
            json.WriteEndObject();
        }

        bytes.WriteByte((byte)'\n');
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder)
            Directory.CreateDirectory(folder);
        PrivateFile.Write(path, bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
    }
}
