using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Sora.Mailstore.Accounts.Passwords;

/// <summary>
/// The system's libcrypt (libxcrypt): the one-way functions of <c>$2b$</c>, <c>$5$</c>, <c>$6$</c>, <c>$y$</c> and <c>$1$</c>. The
/// functions are looked up by hand, because the library has two names and a missing one must become one readable line.
/// </summary>
internal sealed unsafe class Crypt
{
    /// <summary>Bytes of a password that the library accepts (CRYPT_MAX_PASSPHRASE_SIZE, closing NUL included, is 512).</summary>
    public const int MaxPasswordLength = 511;

    /// <summary>sizeof (struct crypt_data), part of the library's binary interface.</summary>
    private const int WorkspaceLength = 32768;

    /// <summary>CRYPT_GENSALT_OUTPUT_SIZE.</summary>
    private const int SettingLength = 192;

    private const int SaltLength = 16;

    // Debian and the compatibility package of Fedora have the first name, Fedora itself, Arch and SUSE the second
    private static readonly string[] Names = ["libcrypt.so.1", "libcrypt.so.2"];

    private static readonly Lazy<Crypt> Loaded = new(() => Load(Names));

    // char *crypt_rn (const char *phrase, const char *setting, void *data, int size)
    private readonly delegate* unmanaged[Cdecl]<byte*, byte*, void*, int, byte*> _crypt;

    // char *crypt_gensalt_rn (const char *prefix, unsigned long count, const char *rbytes, int nrbytes, char *output, int output_size)
    private readonly delegate* unmanaged[Cdecl]<byte*, nuint, byte*, int, byte*, int, byte*> _generateSetting;

    private Crypt(nint crypt, nint generateSetting)
    {
        _crypt = (delegate* unmanaged[Cdecl]<byte*, byte*, void*, int, byte*>)crypt;
        _generateSetting = (delegate* unmanaged[Cdecl]<byte*, nuint, byte*, int, byte*, int, byte*>)generateSetting;
    }

    /// <summary>The library of this machine.</summary>
    /// <exception cref="PlatformNotSupportedException">It is missing, or not libxcrypt.</exception>
    public static Crypt Library => Loaded.Value;

    /// <summary>The first of the named libraries that has the functions.</summary>
    /// <exception cref="PlatformNotSupportedException">No library of these names has the functions.</exception>
    internal static Crypt Load(string[] names)
    {
        foreach (var name in names)
        {
            if (NativeLibrary.TryLoad(name, out var library)
                && NativeLibrary.TryGetExport(library, "crypt_rn", out var crypt)
                && NativeLibrary.TryGetExport(library, "crypt_gensalt_rn", out var generateSetting))
            {
                return new Crypt(crypt, generateSetting);
            }
        }
        throw new PlatformNotSupportedException(
            $"Passwords need libxcrypt, but there is no {string.Join(" and no ", names)} with crypt_rn: "
            + "install libcrypt1 (Debian, Ubuntu) or libxcrypt (Fedora, Arch, SUSE).");
    }

    /// <summary>A new setting of <paramref name="prefix"/> with a random salt.</summary>
    public string GenerateSetting(string prefix, int cost)
    {
        Span<byte> salt = stackalloc byte[SaltLength];
        RandomNumberGenerator.Fill(salt);
        var prefixBytes = Terminated(prefix);
        Span<byte> output = stackalloc byte[SettingLength];
        fixed (byte* prefixStart = prefixBytes)
        fixed (byte* saltStart = salt)
        fixed (byte* outputStart = output)
        {
            var setting = _generateSetting(prefixStart, (nuint)cost, saltStart, SaltLength, outputStart, SettingLength);
            return setting == null
                ? throw new PlatformNotSupportedException($"libcrypt does not know {prefix} with cost {cost}.")
                : Encoding.ASCII.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(setting));
        }
    }

    /// <summary>
    /// Hashes with the salt and parameters of <paramref name="setting"/>, which may be a whole hash. Null when the library refuses the
    /// setting. The password must hold no NUL and have at most <see cref="MaxPasswordLength"/> bytes.
    /// </summary>
    public string? Hash(ReadOnlySpan<byte> password, string setting)
    {
        if (password.Length > MaxPasswordLength || password.Contains((byte)0))
            throw new ArgumentException("The password does not fit into a C string.", nameof(password));

        Span<byte> phrase = stackalloc byte[MaxPasswordLength + 1];
        phrase.Clear();
        password.CopyTo(phrase);
        var settingBytes = Terminated(setting);
        var workspace = NativeMemory.AllocZeroed(WorkspaceLength);
        try
        {
            fixed (byte* phraseStart = phrase)
            fixed (byte* settingStart = settingBytes)
            {
                var hash = _crypt(phraseStart, settingStart, workspace, WorkspaceLength);
                return hash == null ? null : Encoding.ASCII.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(hash));
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(phrase);
            CryptographicOperations.ZeroMemory(new Span<byte>(workspace, WorkspaceLength));
            NativeMemory.Free(workspace);
        }
    }

    private static byte[] Terminated(string text)
    {
        var bytes = new byte[text.Length + 1];
        Encoding.ASCII.GetBytes(text, bytes);
        return bytes;
    }
}
