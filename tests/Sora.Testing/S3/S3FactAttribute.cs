using Xunit;

namespace Sora.Testing.S3;

/// <summary>A test against a real S3 server; skipped, with the reason, where there can be none.</summary>
public sealed class S3FactAttribute : FactAttribute
{
    public S3FactAttribute() => Skip = RadosGateway.Missing;
}

/// <summary>A theory against a real S3 server; skipped, with the reason, where there can be none.</summary>
public sealed class S3TheoryAttribute : TheoryAttribute
{
    public S3TheoryAttribute() => Skip = RadosGateway.Missing;
}
