using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Sora.Contracts;

namespace Sora.Mailstore.Accounts.Logins;

/// <summary>What a login is counted by. Keys are digests under a secret of the installation: as long as names are, all are equally short, and say nothing.</summary>
/// <param name="Network">The client's network, as PostgreSQL writes it.</param>
internal readonly record struct LoginSubject(Guid Address, Guid User, Guid Pair, string Network);

internal sealed class LoginKeys(byte[] secret, int ipv6Prefix)
{
    public LoginSubject Of(IPAddress address, string user)
    {
        var network = Network(address);
        var userKey = OfUser(user);
        var addressKey = Digest(LoginKind.Address, network);
        Span<byte> pair = stackalloc byte[32];
        userKey.TryWriteBytes(pair);
        addressKey.TryWriteBytes(pair[16..]);
        return new LoginSubject(addressKey, userKey, Digest(LoginKind.Pair, pair), network);
    }

    /// <summary>What all addresses of an account are counted by together. No name has the same key.</summary>
    public LoginSubject OfAccount(LoginSubject subject, AccountId account)
    {
        Span<byte> pair = stackalloc byte[32];
        BinaryPrimitives.WriteInt64BigEndian(pair, account.Value);
        var accountKey = Digest(LoginKind.Account, pair[..sizeof(long)]);
        accountKey.TryWriteBytes(pair);
        subject.Address.TryWriteBytes(pair[16..]);
        return subject with { User = accountKey, Pair = Digest(LoginKind.Account, pair) };
    }

    public Guid OfUser(string user) => Digest(LoginKind.User, AccountHost.Normalize(user));

    /// <summary>The network that an address is counted in.</summary>
    public string Network(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address.ToString();
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        var value = BinaryPrimitives.ReadUInt128BigEndian(bytes) & (UInt128.MaxValue << (128 - ipv6Prefix));
        BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        return string.Create(CultureInfo.InvariantCulture, $"{new IPAddress(bytes)}/{ipv6Prefix}");
    }

    private Guid Digest(LoginKind kind, string text)
    {
        // A name may be as long as a command
        var bytes = Encoding.UTF8.GetBytes(text);
        return Digest(kind, bytes);
    }

    private Guid Digest(LoginKind kind, ReadOnlySpan<byte> bytes)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret);
        hmac.AppendData([(byte)kind]);
        hmac.AppendData(bytes);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        hmac.GetHashAndReset(digest);
        return new Guid(digest[..16]);
    }
}
