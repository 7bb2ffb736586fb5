namespace Sora.Gateway.Sasl;

/// <summary>Values of the attribute e (RFC 5802 section 7). There is no unknown-user: that is told as invalid-proof.</summary>
internal static class ScramError
{
    public const string InvalidEncoding = "invalid-encoding";
    public const string ExtensionsNotSupported = "extensions-not-supported";
    public const string InvalidProof = "invalid-proof";
    public const string ChannelBindingsDontMatch = "channel-bindings-dont-match";
    public const string ServerDoesSupportChannelBinding = "server-does-support-channel-binding";
    public const string ChannelBindingNotSupported = "channel-binding-not-supported";
    public const string UnsupportedChannelBindingType = "unsupported-channel-binding-type";
    public const string InvalidUserNameEncoding = "invalid-username-encoding";
    public const string OtherError = "other-error";
}
