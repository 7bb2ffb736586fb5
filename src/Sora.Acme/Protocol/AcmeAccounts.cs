using System.Text.Json;
using Sora.Contracts;

namespace Sora.Acme.Protocol;

/// <summary>The account that all nodes have in common (RFC 8555 section 7.3).</summary>
internal static class AcmeAccounts
{
    /// <summary>A session of the account, which is made where there is none.</summary>
    /// <exception cref="AcmeException">The server does not give one.</exception>
    public static async Task<AcmeSession> OpenAsync(AcmeOptions options, IAcmeState state, TimeProvider time, CancellationToken cancellationToken)
    {
        var known = await state.FindAccountAsync(options.Directory, cancellationToken).ConfigureAwait(false);
        var key = known is null ? AccountKey.Create() : AccountKey.Import(known.Key);
        var session = new AcmeSession(options, key, time);
        try
        {
            // Kept before the server hears of it: a key that it knows and we do not would be an account lost
            if (known is null)
                await state.PutAccountAsync(options.Directory, new AcmeAccount(key.Export(), null, []), cancellationToken).ConfigureAwait(false);
            session.Account = known?.Url;
            if (session.Account is null)
                await RegisterAsync(session, options, state, cancellationToken).ConfigureAwait(false);
            else if (!known!.Contacts.SequenceEqual(options.Contacts, StringComparer.Ordinal))
                await UpdateAsync(session, options, state, cancellationToken).ConfigureAwait(false);
            return session;
        }
        catch
        {
            Close(session);
            throw;
        }
    }

    public static void Close(AcmeSession session)
    {
        session.Dispose();
        session.Key.Dispose();
    }

    /// <summary>The server has forgotten the account: the next session makes it anew.</summary>
    public static Task ForgetAsync(AcmeSession session, AcmeOptions options, IAcmeState state, CancellationToken cancellationToken) =>
        state.PutAccountAsync(options.Directory, new AcmeAccount(session.Key.Export(), null, []), cancellationToken);

    private static async Task RegisterAsync(AcmeSession session, AcmeOptions options, IAcmeState state, CancellationToken cancellationToken)
    {
        var url = await session.ResourceAsync("newAccount", cancellationToken).ConfigureAwait(false);
        var binding = string.IsNullOrEmpty(options.EabKeyId) ? "" : $",\"externalAccountBinding\":{Jws.BindAccount(session.Key, options.EabKeyId, options.EabKey!, url)}";
        var response = await session.PostAsync(url, $$"""{"termsOfServiceAgreed":true,"contact":{{Contacts(options)}}{{binding}}}""", cancellationToken).ConfigureAwait(false);
        session.Account = response.Location ?? throw new AcmeException("The server gives the account no URL");
        await KeepAsync(session, options, state, cancellationToken).ConfigureAwait(false);
    }

    private static async Task UpdateAsync(AcmeSession session, AcmeOptions options, IAcmeState state, CancellationToken cancellationToken)
    {
        try
        {
            await session.PostAsync(session.Account!, $$"""{"contact":{{Contacts(options)}}}""", cancellationToken).ConfigureAwait(false);
        }
        catch (AcmeException e) when (e.Type == "accountDoesNotExist")
        {
            session.Account = null;
            await RegisterAsync(session, options, state, cancellationToken).ConfigureAwait(false);
            return;
        }

        await KeepAsync(session, options, state, cancellationToken).ConfigureAwait(false);
    }

    private static Task KeepAsync(AcmeSession session, AcmeOptions options, IAcmeState state, CancellationToken cancellationToken) =>
        state.PutAccountAsync(options.Directory, new AcmeAccount(session.Key.Export(), session.Account, options.Contacts), cancellationToken);

    private static string Contacts(AcmeOptions options) => JsonSerializer.Serialize(options.Contacts);
}
