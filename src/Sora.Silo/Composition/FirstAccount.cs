using System.Security.Cryptography;
using System.Text.Json;
using Sora.Contracts;
using Sora.Mailstore.Accounts;

namespace Sora.Silo.Composition;

/// <summary>The account of a server that is tried out. Its password is kept in the data folder, because scripts and tests ask for it at every start.</summary>
/// <param name="Password">Null when the account was not created by this data folder.</param>
/// <param name="IsNew">It was created now.</param>
internal sealed record FirstAccount(string Address, string? Password, bool IsNew)
{
    private const string Letters = "abcdefghijkmnpqrstuvwxyz23456789";

    public static string FileIn(string dataFolder) => Path.Combine(dataFolder, "first-account.json");

    /// <summary>
    /// Creates the account if it is not there. The file comes first: after a crash between the two, the next start uses its password.
    /// </summary>
    /// <exception cref="StartException">The address cannot be used.</exception>
    public static async Task<FirstAccount> EnsureAsync(
        string address, string dataFolder, IAccounts accounts, AccountAdministration administration, ILogger logger, CancellationToken cancellationToken)
    {
        var file = FileIn(dataFolder);
        var known = ReadPassword(file, address);
        if (await accounts.FindAsync(address, cancellationToken) is not null)
            return Existing(address, known, file, logger);
        var password = known ?? RandomNumberGenerator.GetString(Letters, 20);
        PrivateFile.Write(file, Serialize(address, password));
        var created = await administration.CreateAsync(address, password, cancellationToken);
        if (created.IsOk)
            return new FirstAccount(address, password, IsNew: true);
        File.Delete(file);

        // Another node on this database may have been faster
        return created.Error.Code == MailErrorCode.AlreadyExists
            ? Existing(address, null, file, logger)
            : throw new StartException($"node.first_account: {created.Error.Text}");
    }

    private static FirstAccount Existing(string address, string? password, string file, ILogger logger)
    {
        if (password is null)
            Log.FirstAccountUnknown(logger, address, file);
        else
            Log.FirstAccount(logger, address, file);
        return new FirstAccount(address, password, IsNew: false);
    }

    private static byte[] Serialize(string address, string password)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("address", address);
            json.WriteString("password", password);
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    private static string? ReadPassword(string file, string address)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(file));
            return json.RootElement.GetProperty("address").GetString() == address ? json.RootElement.GetProperty("password").GetString() : null;
        }
        catch (Exception e) when (e is FileNotFoundException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }
}
