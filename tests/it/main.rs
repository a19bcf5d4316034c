//! The program against stand-ins of both services.
