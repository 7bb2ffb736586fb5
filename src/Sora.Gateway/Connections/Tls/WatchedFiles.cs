using System.Security.Cryptography;

namespace Sora.Gateway.Connections.Tls;

/// <summary>
/// Something that is made of files, and made again when they say something else. The files' contents decide, not their times: renewals swap symbolic links (certbot), or a link above the folder
/// (Kubernetes), and the times of links say nothing.
/// </summary>
/// <param name="files">Their paths.</param>
/// <param name="maxFile">Largest file in bytes.</param>
/// <param name="make">Makes it of their contents.</param>
internal sealed class WatchedFiles<T>(IReadOnlyList<string> files, long maxFile, Func<IReadOnlyList<string>, T> make)
    where T : class
{
    private byte[] _seen = [];
    private string _problem = "";

    public IReadOnlyList<string> Files => files;

    /// <summary>What it is now; the last one that could be made.</summary>
    public T? Value { get; private set; }

    /// <summary>Reads the files for the first time.</summary>
    /// <exception cref="IOException">One cannot be read.</exception>
    /// <exception cref="CryptographicException">One says nothing of use.</exception>
    public T Load()
    {
        var contents = Read();
        Value = make(contents);
        _seen = Fingerprint(contents);
        return Value;
    }

    /// <summary>Looks whether they have changed.</summary>
    /// <param name="problem">Why what they say now cannot be used; null when it can, and when that was said before.</param>
    /// <returns>There is a new value.</returns>
    public bool Check(out Exception? problem)
    {
        problem = null;
        byte[] seen = [];
        try
        {
            var contents = Read();
            seen = Fingerprint(contents);
            if (seen.AsSpan().SequenceEqual(_seen))
                return false;
            Value = make(contents);
            (_seen, _problem) = (seen, "");
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            // Half a renewal is nothing unusual: a certificate whose key comes a moment later. The next check looks again
            var said = e.Message + Convert.ToHexString(seen);
            if (_problem != said)
                problem = e;
            _problem = said;
            return false;
        }
    }

    private string[] Read() => [.. files.Select(ReadOne)];

    private string ReadOne(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (file.Length > maxFile)
            throw new IOException($"{path} is larger than tls.max_file");
        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }

    private static byte[] Fingerprint(IEnumerable<string> contents) => SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(string.Join('\0', contents)));
}
