using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("SimSearch.Tests")]
