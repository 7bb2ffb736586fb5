using System.Collections.Immutable;
using System.Security.Cryptography;
using Sora.Contracts;

namespace Sora.Admin.Sieve;

/// <summary>Files NAME.sieve of a folder as the scripts of a trial's account, for include (RFC 6609). Nothing of them can be changed.</summary>
internal sealed class FolderScripts(string folder, long maxSize) : ISieveScripts
{
    public ValueTask<MailResult<SieveScriptList>> FindAsync(AccountId account, CancellationToken cancellationToken) => new(ListAsync(account, cancellationToken));

    public async Task<MailResult<SieveScriptList>> ListAsync(AccountId account, CancellationToken cancellationToken)
    {
        var scripts = ImmutableArray.CreateBuilder<SieveScriptEntry>();
        foreach (var file in Directory.EnumerateFiles(folder, "*.sieve").Order(StringComparer.Ordinal))
        {
            if (SieveScriptName.Parse(Path.GetFileNameWithoutExtension(file)) is { IsOk: true } name)
                scripts.Add((await ReadAsync(file, name.Value, cancellationToken)).Entry);
        }

        return new SieveScriptList(scripts.ToImmutable());
    }

    public async Task<MailResult<SieveScriptContent>> GetAsync(AccountId account, SieveScriptName name, CancellationToken cancellationToken) =>
        await ReadAsync(Path.Combine(folder, name.Value + ".sieve"), name, cancellationToken);

    public Task<MailResult<Done>> CheckSpaceAsync(AccountId account, SieveScriptName name, long size, CancellationToken cancellationToken) => throw Unchanging();

    public Task<MailResult<Done>> PutAsync(AccountId account, SieveScriptName name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => throw Unchanging();

    public Task<MailResult<Done>> RenameAsync(AccountId account, SieveScriptName from, SieveScriptName to, CancellationToken cancellationToken) => throw Unchanging();

    public Task<MailResult<Done>> DeleteAsync(AccountId account, SieveScriptName name, CancellationToken cancellationToken) => throw Unchanging();

    public Task<MailResult<Done>> ActivateAsync(AccountId account, SieveScriptName? name, CancellationToken cancellationToken) => throw Unchanging();

    private async Task<SieveScriptContent> ReadAsync(string file, SieveScriptName name, CancellationToken cancellationToken)
    {
        var info = new FileInfo(file);
        if (info.Length > maxSize)
            throw new AdminException($"{file} has more than {maxSize} bytes");
        var content = await File.ReadAllBytesAsync(file, cancellationToken);
        var changed = new DateTimeOffset(info.LastWriteTimeUtc, TimeSpan.Zero);
        return new SieveScriptContent(new SieveScriptEntry(name, ContentHash.From(SHA256.HashData(content)), content.Length, false, changed, changed), content);
    }

    private static NotSupportedException Unchanging() => new("A trial changes nothing");
}
