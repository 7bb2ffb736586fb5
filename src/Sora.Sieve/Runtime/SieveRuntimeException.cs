namespace Sora.Sieve.Runtime;

/// <summary>A run-time error on its way to <see cref="SieveInterpreter"/>, the only place that catches it.</summary>
internal sealed class SieveRuntimeException(string message) : Exception(message);
