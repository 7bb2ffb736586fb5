using System.Runtime.ExceptionServices;

namespace Sora.Mailstore.Bodies.Objects.S3;

/// <summary>What was to be sent cannot be read or is not what it should be: nothing that S3 can be blamed for, or asked again for.</summary>
internal sealed class LocalFailureException(Exception cause) : Exception(cause.Message, cause)
{
    /// <summary>Throws what it came of.</summary>
    public Exception Unwrap()
    {
        ExceptionDispatchInfo.Throw(InnerException!);
        return InnerException!;
    }
}
