namespace Sora.Gateway.Pop3;

/// <summary>States of a session (RFC 1939 section 3). UPDATE takes no commands.</summary>
[Flags]
internal enum Pop3States
{
    Authorization = 1,
    Transaction = 2,
    Any = Authorization | Transaction,
}
