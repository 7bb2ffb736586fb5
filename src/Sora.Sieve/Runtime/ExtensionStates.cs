namespace Sora.Sieve.Runtime;

/// <summary>What extensions remember while a script is compiled or runs.</summary>
internal sealed class ExtensionStates
{
    private readonly Dictionary<Type, object> _states = [];

    /// <summary>The state of that type, made when it is first asked for.</summary>
    public T Get<T>()
        where T : class, new()
    {
        if (_states.TryGetValue(typeof(T), out var state))
            return (T)state;
        var made = new T();
        _states.Add(typeof(T), made);
        return made;
    }
}
