namespace Sora.Contracts;

/// <summary>Response codes of RFC 5530 and RFC 9051 section 7.1 that an outcome can carry; each protocol's writer knows their text.</summary>
public enum MailErrorCode
{
    None,
    Unavailable,
    AuthenticationFailed,
    AuthorizationFailed,
    Expired,
    PrivacyRequired,
    ContactAdmin,
    NoPerm,
    InUse,
    ExpungeIssued,
    Corruption,
    ServerBug,
    ClientBug,
    Cannot,
    Limit,
    OverQuota,
    AlreadyExists,
    NonExistent,
    TryCreate,
    TooBig,
    HasChildren,
    ReadOnly,
    UseAttr,
    BadCharset,
    UnknownCte,
}

/// <summary>An expected outcome that is not success. <see cref="Text"/> is shown to the client: it holds no secret and no internals.</summary>
[GenerateSerializer, Alias("sora.MailError"), Immutable]
public sealed record MailError([property: Id(0)] MailErrorCode Code, [property: Id(1)] string Text)
{
    public static MailError Unavailable(string text = "Temporary failure, try again later") => new(MailErrorCode.Unavailable, text);

    public static MailError NoSuchMailbox() => new(MailErrorCode.NonExistent, "Mailbox does not exist");

    /// <summary>For the destination of APPEND, COPY and MOVE: a mailbox that is not there could be created (RFC 9051 section 6.3.12).</summary>
    public MailError OrTryCreate() => Code == MailErrorCode.NonExistent ? this with { Code = MailErrorCode.TryCreate } : this;
}

/// <summary>A value or the reason why there is none.</summary>
[GenerateSerializer, Alias("sora.MailResult`1"), Immutable]
public readonly struct MailResult<T>
{
    [Id(0)]
    private readonly T? _value;

    [Id(1)]
    private readonly MailError? _error;

    private MailResult(T? value, MailError? error)
    {
        _value = value;
        _error = error;
    }

    [System.Diagnostics.CodeAnalysis.MemberNotNullWhen(false, nameof(Error))]
    public bool IsOk => _error is null;

    public MailError? Error => _error;

    /// <summary>The value; asking for it when <see cref="IsOk"/> is false is a bug.</summary>
    public T Value => _error is null ? _value! : throw new InvalidOperationException(_error.Text);

    public static implicit operator MailResult<T>(T value) => new(value, null);

    public static implicit operator MailResult<T>(MailError error) => new(default, error);
}

/// <summary>The value of an operation that only succeeds or fails.</summary>
[GenerateSerializer, Alias("sora.Done"), Immutable]
public readonly record struct Done;
