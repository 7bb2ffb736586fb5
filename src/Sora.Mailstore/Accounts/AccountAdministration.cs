using Npgsql;
using Sora.Contracts;
using Sora.Mailstore.Accounts.Passwords;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Accounts;

/// <summary>Creates and changes accounts and their addresses. What it changes is announced to running servers.</summary>
public sealed class AccountAdministration(Database database, PasswordHasher passwords, Action<AccountId> announce)
{
    private static readonly System.Buffers.SearchValues<char> NotInDomains = System.Buffers.SearchValues.Create("@()<>[]:;,\\\"");

    /// <summary>
    /// Creates an account with its default mailboxes. ALREADYEXISTS when the address is taken, CANNOT when address or password will not do.
    /// </summary>
    public Task<MailResult<AccountId>> CreateAsync(string address, string password, CancellationToken cancellationToken) =>
        PasswordHasher.WhyRefused(password) is { } reason
            ? Task.FromResult<MailResult<AccountId>>(new MailError(MailErrorCode.Cannot, reason))
            : CreateWithHashAsync(address, passwords.Hash(password), cancellationToken);

    /// <summary>Creates an account whose password hash comes from another server.</summary>
    public async Task<MailResult<AccountId>> CreateWithHashAsync(string address, string passwordHash, CancellationToken cancellationToken)
    {
        var normalized = AccountHost.Normalize(address);
        if (!IsAddress(normalized))
            return new MailError(MailErrorCode.Cannot, $"Not an address: {address}");
        if (!passwords.CanVerify(passwordHash))
            return new MailError(MailErrorCode.Cannot, "The password hash has a scheme that is not known or not allowed");
        await using var connection = await database.Write.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        try
        {
            await using var insert = new NpgsqlCommand("INSERT INTO accounts DEFAULT VALUES RETURNING id", connection);
            var id = new AccountId((long)(await insert.ExecuteScalarAsync(cancellationToken))!);
            await using var credential = new NpgsqlCommand(
                "INSERT INTO credentials (account_id, address, password_hash, is_primary) VALUES ($1, $2, $3, true)", connection);
            credential.Parameters.Add(new NpgsqlParameter<long> { TypedValue = id.Value });
            credential.Parameters.Add(new NpgsqlParameter<string> { TypedValue = normalized });
            credential.Parameters.Add(new NpgsqlParameter<string> { TypedValue = passwordHash });
            await credential.ExecuteNonQueryAsync(cancellationToken);
            await Account.CreateDefaultsAsync(connection, id, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            announce(id);
            return id;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            return new MailError(MailErrorCode.AlreadyExists, $"The address {normalized} is taken");
        }
    }

    internal static bool IsAddress(string address)
    {
        var at = address.LastIndexOf('@');
        return at is > 0 and <= 256
            && address.Length - at - 1 is > 0 and <= 255
            && !address.Any(static c => char.IsWhiteSpace(c) || char.IsControl(c))
            && address.AsSpan(at + 1).IndexOfAny(NotInDomains) < 0;
    }
}
