"""What happened on the boards. Importing this package registers every topic of the service."""

from services.notice.events import boards, certificates, names, notices, objections, outages, register, screens, terms, workdays

__all__ = ["boards", "certificates", "names", "notices", "objections", "outages", "register", "screens", "terms", "workdays"]
