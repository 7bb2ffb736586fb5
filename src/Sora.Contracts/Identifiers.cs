using System.Globalization;

namespace Sora.Contracts;

/// <summary>Number of an account; never used again after the account is gone.</summary>
[GenerateSerializer, Alias("sora.AccountId"), Immutable]
public readonly record struct AccountId([property: Id(0)] long Value)
{
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Number of a password of an account; never used again.</summary>
[GenerateSerializer, Alias("sora.CredentialId"), Immutable]
public readonly record struct CredentialId([property: Id(0)] long Value)
{
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Number of a mailbox; survives RENAME and is the MAILBOXID of RFC 8474.</summary>
[GenerateSerializer, Alias("sora.MailboxId"), Immutable]
public readonly record struct MailboxId([property: Id(0)] long Value)
{
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>
/// Number of a stored content: what never changes of a message once it is written (header, envelope, structure, body). COPY and
/// MOVE keep it, so it is also the EMAILID of RFC 8474.
/// </summary>
[GenerateSerializer, Alias("sora.ContentId"), Immutable]
public readonly record struct ContentId([property: Id(0)] long Value)
{
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Unique identifier of a message in its mailbox, 1 to 4294967295 (RFC 9051 section 2.3.1.1). 0 stands for none.</summary>
[GenerateSerializer, Alias("sora.Uid"), Immutable]
public readonly record struct Uid([property: Id(0)] uint Value) : IComparable<Uid>
{
    public static readonly Uid Max = new(uint.MaxValue);

    public int CompareTo(Uid other) => Value.CompareTo(other.Value);

    public static bool operator <(Uid left, Uid right) => left.Value < right.Value;

    public static bool operator >(Uid left, Uid right) => left.Value > right.Value;

    public static bool operator <=(Uid left, Uid right) => left.Value <= right.Value;

    public static bool operator >=(Uid left, Uid right) => left.Value >= right.Value;

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>UIDVALIDITY of a mailbox (RFC 9051 section 2.3.1.1): two mailboxes never have the same one.</summary>
[GenerateSerializer, Alias("sora.UidValidity"), Immutable]
public readonly record struct UidValidity([property: Id(0)] uint Value)
{
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>
/// Mod-sequence (RFC 7162 section 3.1), 0 to 2^63-1, counted for each mailbox on its own and in commit order: it is the number
/// of the record in the mailbox's log. 0 is the state before the first record.
/// </summary>
[GenerateSerializer, Alias("sora.ModSeq"), Immutable]
public readonly record struct ModSeq([property: Id(0)] long Value) : IComparable<ModSeq>
{
    public ModSeq Next => new(Value + 1);

    public int CompareTo(ModSeq other) => Value.CompareTo(other.Value);

    public static bool operator <(ModSeq left, ModSeq right) => left.Value < right.Value;

    public static bool operator >(ModSeq left, ModSeq right) => left.Value > right.Value;

    public static bool operator <=(ModSeq left, ModSeq right) => left.Value <= right.Value;

    public static bool operator >=(ModSeq left, ModSeq right) => left.Value >= right.Value;

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>
/// Names one write request so that it can be sent again after a failure whose outcome is unknown: the mailbox answers a repeated
/// request with the first result. <see cref="None"/> asks for no such memory.
/// </summary>
[GenerateSerializer, Alias("sora.OperationId"), Immutable]
public readonly record struct OperationId([property: Id(0)] ulong High, [property: Id(1)] ulong Low)
{
    public static readonly OperationId None;

    public bool IsNone => High == 0 && Low == 0;

    public static OperationId New()
    {
        Span<byte> bytes = stackalloc byte[16];
        Guid.NewGuid().TryWriteBytes(bytes);
        return new OperationId(BitConverter.ToUInt64(bytes), BitConverter.ToUInt64(bytes[8..]));
    }
}
