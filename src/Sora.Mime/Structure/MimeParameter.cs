namespace Sora.Mime;

/// <summary>
/// A parameter of Content-Type or Content-Disposition as sent: quotes and quoted-pairs removed, folding removed, nothing
/// decoded (RFC 2045 section 5.1). RFC 2231 names keep their <c>*0*</c>; <see cref="ParameterDecoder"/> reads those.
/// </summary>
public readonly record struct MimeParameter(byte[] Name, byte[] Value);
