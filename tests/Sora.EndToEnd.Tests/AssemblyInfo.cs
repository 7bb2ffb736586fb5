// Each class starts servers and loads them: side by side they would only slow each other down
[assembly: CollectionBehavior(DisableTestParallelization = true)]
